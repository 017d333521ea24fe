//! What personal data is kept, where and for how long.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;

use super::retained::items;
use super::retention_item::RetentionItem;
use crate::app::App;
use crate::http::auth::{Caller, Viewer};
use crate::http::problem::Problem;
use crate::row_logs::OutgoingFolders;

/// What personal data this service keeps.
#[derive(Serialize, ToSchema)]
pub struct RetentionView {
    /// Those of members first.
    items: Vec<RetentionItem>,
}

/// Says what personal data is kept, where and for how long.
///
/// The operator sets the ages for all instances of a deployment. `outgoingFiles` has the folders of row logs and of
/// files of who left that this instance has. Logs, traces, metrics and alerts have no address of a member; the queue
/// has ids of runs only.
#[utoipa::path(
    tag = "instance",
    security(("bearer" = ["Viewer"])),
    responses((status = 200, body = RetentionView)),
)]
#[get("/instance/retention")]
pub async fn get_retention(
    caller: Caller<Viewer>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.read().await?;
    let outgoing = OutgoingFolders::of(&app.storage, &mut tx, caller.instance).await?;
    Ok(HttpResponse::Ok().json(RetentionView { items: items(&app.config, &outgoing) }))
}
