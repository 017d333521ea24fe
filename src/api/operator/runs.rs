//! Runs over all instances.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::views::ObservedRunView;
use crate::app::App;
use crate::db;
use crate::http::operator::OperatorCaller;
use crate::http::paging::{Page, Paging};
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::names::Culprit;
use crate::overview::store_runs::{self, ObservedQuery};
use crate::overview::{ObservedRun, RunState};
use crate::wire::moment;

/// Selects runs; without any of these, all are listed.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ObservedRunFilter {
    /// Only runs in this state.
    #[param(inline)]
    state: Option<RunState>,
    /// Only runs about which this side can do something.
    culprit: Option<Culprit>,
    /// Only runs of this instance.
    instance_id: Option<Uuid>,
    /// Only runs submitted at this time or later.
    #[serde(default, deserialize_with = "moment")]
    from_utc: Option<DateTime<Utc>>,
}

/// Lists the runs of all instances, without names and messages.
///
/// Newest first; the query selects some of them. `stuck` are those whose worker is gone, or that make no progress.
#[utoipa::path(
    tag = "operator",
    security(("bearer" = ["Operator"])),
    params(ObservedRunFilter, Paging),
    responses((status = 200, body = Page<ObservedRunView>)),
)]
#[get("/runs")]
pub async fn list_observed_runs(
    _: OperatorCaller,
    app: Data<App>,
    filter: Query<ObservedRunFilter>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after()?);
    let filter = ObservedQuery {
        state: filter.state,
        culprit: filter.culprit.map(Culprit::word),
        instance: filter.instance_id,
        from: filter.from_utc,
    };
    let mut tx = app.db.read().await?;
    let rows = store_runs::list(&mut tx, &filter, (after, limit), db::now()).await?;
    let page = Page::of(rows, limit, |row: &ObservedRun| row.id.0, ObservedRunView::from);
    Ok(HttpResponse::Ok().json(page))
}
