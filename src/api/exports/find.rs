//! Finds exports for callers of the API, who see only those of their own instance.

use uuid::Uuid;

use crate::api::access::may_edit;
use crate::app::App;
use crate::db::{ReadHandle, WriteHandle};
use crate::exports::{Export, store};
use crate::http::auth::{Caller, Contributor};
use crate::http::problem::Problem;
use crate::names::ExportId;
use crate::segments::{self, Segment};

/// The export `id` of `instance`, or 404.
pub async fn find(tx: &mut ReadHandle, instance: Uuid, id: ExportId) -> Result<Export, Problem> {
    store::get(tx, instance, id).await?.ok_or_else(|| Problem::not_found("export with this id"))
}

/// The same, to change or run it: nobody else can change it until the transaction ends.
pub async fn find_to_change(
    tx: &mut WriteHandle,
    instance: Uuid,
    id: ExportId,
) -> Result<Export, Problem> {
    let found = store::get_to_change(tx, instance, id).await?;
    found.ok_or_else(|| Problem::not_found("export with this id"))
}

/// An export that the caller may edit, and its segments.
pub async fn load(
    app: &App,
    caller: &Caller<Contributor>,
    id: ExportId,
) -> Result<(Export, Vec<Segment>), Problem> {
    let mut tx = app.db.read().await?;
    let export = find(&mut tx, caller.instance, id).await?;
    may_edit(&mut tx, caller, export.connection_id).await?;
    let segments = segments::store::of_export(&mut tx, id).await?;
    Ok((export, segments))
}
