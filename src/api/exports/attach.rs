//! Detaches an export from its connection, and attaches it to one. In between it is inactive and keeps its
//! configuration.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};

use super::find::{find, load};
use super::saving::{Checked, check, save};
use super::views::{AttachBody, ExportView, SegmentNames};
use crate::api::access::may_edit;
use crate::app::App;
use crate::audit::Action;
use crate::exports::ExportContent;
use crate::http::auth::{Caller, Contributor};
use crate::http::body::{Body, Id, IfMatch};
use crate::http::problem::Problem;
use crate::http::retry::retry;
use crate::names::{ConnectionId, ExportId};
use crate::segments;

/// Detaches an export from its connection.
///
/// The export keeps its configuration, becomes inactive, and does not run until you attach a connection. Its open run
/// is cancelled.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["Contributor"])),
    params(("id" = ExportId, Path)),
    responses((status = 200, body = ExportView)),
)]
#[post("/exports/{id}/detach")]
pub async fn detach_export(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ExportId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    retry(async || detach(&app, &caller, id.0, &if_match).await).await
}

async fn detach(
    app: &App,
    caller: &Caller<Contributor>,
    id: ExportId,
    if_match: &IfMatch,
) -> Result<HttpResponse, Problem> {
    let (old, segments) = load(app, caller, id).await?;
    if_match.check(old.stamps.version)?;
    let content = ExportContent { connection_id: None, ..ExportContent::of(&old) };
    let checked =
        Checked { segments: segments.iter().map(|segment| segment.id).collect(), warnings: vec![] };
    save(app, caller, Action::ExportDetach, &old, &content, checked).await
}

/// Attaches an export to a connection.
///
/// The list and its fields are checked with the account of the connection. An open run over another connection is
/// cancelled.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["Contributor"])),
    params(("id" = ExportId, Path)),
    request_body = AttachBody,
    responses((status = 200, body = ExportView)),
)]
#[post("/exports/{id}/attach")]
pub async fn attach_export(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ExportId>,
    if_match: IfMatch,
    body: Body<AttachBody>,
) -> Result<HttpResponse, Problem> {
    let to = body.value.connection_id;
    retry(async || attach(&app, &caller, id.0, &if_match, to).await).await
}

async fn attach(
    app: &App,
    caller: &Caller<Contributor>,
    id: ExportId,
    if_match: &IfMatch,
    to: ConnectionId,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.read().await?;
    let old = find(&mut tx, caller.instance, id).await?;
    if old.connection_id.is_some() {
        may_edit(&mut tx, caller, old.connection_id).await?;
    }
    if_match.check(old.stamps.version)?;
    let segments = segments::store::of_export(&mut tx, old.id).await?;
    drop(tx);
    let names = SegmentNames(segments.into_iter().map(|segment| segment.name).collect());
    let content = ExportContent { connection_id: Some(to), ..ExportContent::of(&old) };
    let checked = check(app, caller, &content, &names).await?;
    save(app, caller, Action::ExportAttach, &old, &content, checked).await
}
