//! The whole service at a glance.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};

use super::gather;
use super::views::OverviewView;
use crate::app::App;
use crate::db;
use crate::http::operator::OperatorCaller;
use crate::http::problem::Problem;

/// Shows the whole service at a glance.
///
/// Processes, open and ended runs, planned times, alerts and messages, over all instances, in numbers. There is nothing
/// of a person in it. The role is one of its own: it opens no instance.
#[utoipa::path(
    tag = "operator",
    security(("bearer" = ["Operator"])),
    responses((status = 200, body = OverviewView)),
)]
#[get("/overview")]
pub async fn get_overview(_: OperatorCaller, app: Data<App>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(gather::overview(&app.db, db::now()).await?))
}
