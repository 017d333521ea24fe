//! When an export was to run, and what came of it.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::IntoParams;

use super::expectation_views::{ExpectationView, ExpectationsView, FreshnessView};
use super::find::find;
use crate::alerts::freshness;
use crate::app::App;
use crate::db;
use crate::expectations::PlannedTime;
use crate::expectations::store::{self, ExpectationQuery};
use crate::http::auth::{Caller, Viewer};
use crate::http::body::Id;
use crate::http::paging::{Page, Paging};
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::names::ExportId;
use crate::wire::moment;

/// Selects planned times; without any of these, all are listed.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ExpectationFilter {
    /// Only times that were planned for this time or later.
    #[serde(default, deserialize_with = "moment")]
    from_utc: Option<DateTime<Utc>>,
    /// Only times that were planned for before this time.
    #[serde(default, deserialize_with = "moment")]
    to_utc: Option<DateTime<Utc>>,
}

/// Lists the planned times of an export, with the run that answers each.
///
/// Newest first; the query selects some of them. A time that has passed is noted also when no scheduler lives. Times to
/// come are in the schedule of the export.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["Viewer"])),
    params(("id" = ExportId, Path), ExpectationFilter, Paging),
    responses((status = 200, body = ExpectationsView)),
)]
#[get("/exports/{id}/expectations")]
pub async fn list_expectations(
    caller: Caller<Viewer>,
    app: Data<App>,
    id: Id<ExportId>,
    filter: Query<ExpectationFilter>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (limit, after, now) = (paging.limit()?, paging.after()?, db::now());
    let filter = ExpectationQuery { from: filter.from_utc, to: filter.to_utc };
    let mut tx = app.db.read().await?;
    let export = find(&mut tx, caller.instance, id.0).await?;
    let rows = store::list(&mut tx, id.0, filter, (after, limit), now).await?;
    let page =
        Page::of(rows, limit, |row: &PlannedTime| row.id, |row| ExpectationView::of(row, now));
    let freshness = freshness::of_export(&mut tx, &export, now).await?;
    Ok(HttpResponse::Ok().json(ExpectationsView {
        items: page.items,
        next_cursor: page.next_cursor,
        freshness: FreshnessView::of(&freshness, now),
    }))
}
