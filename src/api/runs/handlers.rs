//! Endpoints of runs. A run is started at its export (`exports/runs.rs`).

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::IntoParams;

use super::find::peek;
use super::views::RunView;
use crate::app::App;
use crate::db;
use crate::http::auth::{Caller, Viewer};
use crate::http::body::{Id, ok};
use crate::http::paging::{Page, Paging};
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::names::{ExportId, RunId};
use crate::runs::reader::{self, RunReader};
use crate::runs::store::{self, RunQuery};
use crate::runs::{Run, RunStatus, SubmissionKind};
use crate::wire::moment;

/// Selects runs; without any of these, all are listed.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct RunFilter {
    /// Only runs of this export.
    export_id: Option<ExportId>,
    /// Only runs in this status.
    status: Option<RunStatus>,
    /// Only runs that were started this way.
    submission_kind: Option<SubmissionKind>,
    /// Only runs submitted at this time or later.
    #[serde(default, deserialize_with = "moment")]
    from_utc: Option<DateTime<Utc>>,
    /// Only runs submitted before this time.
    #[serde(default, deserialize_with = "moment")]
    to_utc: Option<DateTime<Utc>>,
}

/// Lists the runs.
///
/// Newest first; the query selects some of them.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Viewer"])),
    params(RunFilter, Paging),
    responses((status = 200, body = Page<RunView>)),
)]
#[get("/runs")]
pub async fn list_runs(
    caller: Caller<Viewer>,
    app: Data<App>,
    filter: Query<RunFilter>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after()?);
    let filter = RunQuery {
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
/// Its counts add up at every moment: `selected` is the sum of all other counts.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Viewer"])),
    params(("id" = RunId, Path)),
    responses((status = 200, body = RunView)),
)]
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
