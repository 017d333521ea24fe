//! Endpoints of runs. A run is started at its export (`exports/runs.rs`).

use actix_web::web::Data;
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::views::RunView;
use crate::api::exports::check::may_edit;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db::{self, Db, Tx};
use crate::http::auth::{Caller, Contributor, Viewer};
use crate::http::body::{Id, etag, ok};
use crate::http::paging::{Page, Paging};
use crate::http::problem::{Kind, Problem, ProblemDocument};
use crate::http::query::Query;
use crate::names::{ExportId, RunId};
use crate::runs::reader::{self, Found, RunReader};
use crate::runs::store::{self, Filter};
use crate::runs::{Reason, ReasonCode, Run, RunStatus, SubmissionKind, measure};

/// Which runs to list.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct RunFilter {
    /// Those of this export.
    export_id: Option<ExportId>,
    /// Those in this status.
    status: Option<RunStatus>,
    /// Those started this way.
    submission_kind: Option<SubmissionKind>,
    /// Those submitted at this time or later.
    from_utc: Option<DateTime<Utc>>,
    /// Those submitted before this time.
    to_utc: Option<DateTime<Utc>>,
}

/// Lists the runs.
///
/// Those of all exports, or those that the filter lets through.
#[utoipa::path(tag = "runs", security(("bearer" = ["Viewer"])), params(RunFilter, Paging), responses((status = 200, body = Page<RunView>)))]
#[get("/runs")]
pub async fn list_runs(
    caller: Caller<Viewer>,
    app: Data<App>,
    filter: Query<RunFilter>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after()?);
    let filter = Filter {
        export: filter.export_id,
        status: filter.status,
        kind: filter.submission_kind,
        from: filter.from_utc,
        to: filter.to_utc,
    };
    let mut tx = app.db.read().await?;
    let rows = store::list(&mut tx, caller.instance, &filter, after, limit).await?;
    let page = Page::of(rows, limit, |row: &Run| row.id.0, |row| row);
    let (found, now) = (reader::with_segments(&mut tx, page.items).await?, db::now());
    let items = found.into_iter().map(|found| RunView::of(found, now)).collect();
    Ok(HttpResponse::Ok().json(Page { items, next_cursor: page.next_cursor }))
}

/// Reads a run.
///
/// Its counts add up at every moment: `selected` is the sum of all the others.
#[utoipa::path(tag = "runs", security(("bearer" = ["Viewer"])), params(("id" = RunId, Path)), responses((status = 200, body = RunView)))]
#[get("/runs/{id}")]
pub async fn get_run(
    caller: Caller<Viewer>,
    app: Data<App>,
    reader: Data<RunReader>,
    id: Id<RunId>,
) -> Result<HttpResponse, Problem> {
    let found = peek(&app.db, &reader, caller.instance, id.0).await?;
    Ok(ok(found.run.version, &RunView::of(found, db::now())))
}

/// Cancels a run.
///
/// Uploads in flight finish and are counted; what was sent stays on the list.
#[utoipa::path(tag = "runs", security(("bearer" = ["Contributor"])), params(("id" = RunId, Path)),
    responses((status = 202, body = RunView), (status = 409, description = "The run has already ended: `runEnded`", body = ProblemDocument)))]
#[post("/runs/{id}/cancel")]
pub async fn cancel_run(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<RunId>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let run = find(&mut tx, caller.instance, id.0).await?;
    may_edit(&mut tx, &caller, run.connection_id).await?;
    let Some(canceled) = cancel(&mut tx, &caller, &run).await? else {
        let detail = "The run has already ended; there is nothing to cancel.";
        return Err(Problem::new(Kind::RunEnded, detail).with("status", run.status));
    };
    let view = view(&mut tx, canceled).await?;
    tx.commit().await?;
    app.queue.hint(id.0).await;
    Ok(HttpResponse::Accepted().insert_header(("ETag", etag(view.version))).json(view))
}

/// Cancels a run; `None` when it has already ended.
async fn cancel<R>(tx: &mut Tx, caller: &Caller<R>, run: &Run) -> Result<Option<Run>, Problem> {
    let now = db::now();
    let reason = Reason::new(ReasonCode::CanceledByUser, &caller.identity.name);
    let is_canceled = store::cancel_queued(tx, run.id, &reason, now).await?
        || store::request_cancel(tx, run.id, &reason, now).await?;
    if !is_canceled {
        return Ok(None);
    }
    let canceled = find(tx, caller.instance, run.id).await?;
    if canceled.status.is_ended() {
        measure::run_ended(canceled.status, 1);
    }
    let change = Change::between(run, &canceled);
    audit::record(tx, &caller.author, Action::RunCancel, change).await?;
    Ok(Some(canceled))
}

/// Cancels the open run of an export that may not run any longer, if it has one.
pub async fn cancel_open<R>(
    tx: &mut Tx,
    caller: &Caller<R>,
    export: ExportId,
) -> Result<(), Problem> {
    if let Some(run) = store::open_of_export(tx, export).await? {
        cancel(tx, caller, &run).await?;
    }
    Ok(())
}

/// The run `id` of `instance` for a caller that only reads, or 404.
pub async fn peek(
    db: &Db,
    reader: &RunReader,
    instance: Uuid,
    id: RunId,
) -> Result<Found, Problem> {
    let found = reader.get(db, id).await?.filter(|found| found.run.instance_id == instance);
    found.ok_or_else(|| Problem::not_found("run"))
}

/// The run `id` of `instance`, or 404.
pub async fn find(tx: &mut Tx, instance: Uuid, id: RunId) -> Result<Run, Problem> {
    let run = store::get(tx, id).await?.filter(|run| run.instance_id == instance);
    run.ok_or_else(|| Problem::not_found("run"))
}

/// The run as callers see it.
pub async fn view(tx: &mut Tx, run: Run) -> Result<RunView, Problem> {
    let segments = store::segments_of(tx, &[run.id]).await?;
    Ok(RunView::of(Found { run, segments }, db::now()))
}
