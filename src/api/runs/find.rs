//! Finds runs for callers of the API, who see only those of their own instance.

use uuid::Uuid;

use super::views::RunView;
use crate::db::{self, Db, ReadHandle};
use crate::http::problem::Problem;
use crate::names::RunId;
use crate::runs::reader::{Found, RunReader};
use crate::runs::{Run, store};

/// The run `id` of `instance` for a caller that only reads, or 404.
pub async fn peek(
    db: &Db,
    reader: &RunReader,
    instance: Uuid,
    id: RunId,
) -> Result<Found, Problem> {
    let found = reader.get(db, id).await?.filter(|found| found.run.instance_id == instance);
    found.ok_or_else(|| Problem::not_found("run with this id"))
}

/// The run `id` of `instance`, or 404.
pub async fn find(tx: &mut ReadHandle, instance: Uuid, id: RunId) -> Result<Run, Problem> {
    let run = store::get(tx, id).await?.filter(|run| run.instance_id == instance);
    run.ok_or_else(|| Problem::not_found("run with this id"))
}

/// The run as callers see it.
pub async fn view(tx: &mut ReadHandle, run: Run) -> Result<RunView, Problem> {
    let segments = store::segments_of(tx, &[run.id]).await?;
    Ok(RunView::of(Found { run, segments }, db::now()))
}
