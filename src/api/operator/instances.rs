//! Every instance in numbers.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use chrono::TimeDelta;

use super::gather::DAY;
use super::views::ObservedInstanceView;
use crate::app::App;
use crate::db;
use crate::http::operator::OperatorCaller;
use crate::http::paging::{Page, Paging};
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::overview::{InstanceCounts, store_instances};

/// A planned time that passed longer ago is late.
const LATE: TimeDelta = TimeDelta::minutes(1);

/// Lists the instances, each in numbers.
///
/// Those that have a connection, a segment or an export. They have no names here.
#[utoipa::path(
    tag = "operator",
    security(("bearer" = ["Operator"])),
    params(Paging),
    responses((status = 200, body = Page<ObservedInstanceView>)),
)]
#[get("/instances")]
pub async fn list_observed_instances(
    _: OperatorCaller,
    app: Data<App>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (limit, after, now) = (paging.limit()?, paging.after()?, db::now());
    let (mut tx, since) = (app.db.read().await?, db::id_at(now - DAY));
    let rows = store_instances::list(&mut tx, (after, limit), since, now - LATE).await?;
    let page =
        Page::of(rows, limit, |row: &InstanceCounts| row.instance_id, ObservedInstanceView::from);
    Ok(HttpResponse::Ok().json(page))
}
