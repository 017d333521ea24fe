//! Endpoints of an instance: whether runs are sent for it.

use actix_web::web::Data;
use actix_web::{HttpResponse, get, post};
use serde_json::json;

use super::views::{InstanceView, PauseBody};
use crate::app::App;
use crate::audit::{self, Action, Change, Snapshot};
use crate::db;
use crate::http::auth::{Admin, Caller, Viewer};
use crate::http::body::Body;
use crate::http::problem::Problem;
use crate::pauses::{self, Pause};
use crate::runs;

/// Reads whether runs are sent for the instance.
///
/// `pause` says since when nothing is sent, who paused the instance, and why. It is `null` while runs are sent.
#[utoipa::path(
    tag = "instance",
    security(("bearer" = ["Viewer"])),
    responses((status = 200, body = InstanceView)),
)]
#[get("/instance")]
pub async fn get_instance(caller: Caller<Viewer>, app: Data<App>) -> Result<HttpResponse, Problem> {
    let pause = pauses::store::get(&mut app.db.read().await?, caller.instance).await?;
    Ok(HttpResponse::Ok().json(InstanceView::of(caller.instance, pause)))
}

/// Pauses the instance.
///
/// No further call is sent to Campaign Monitor for its runs. Calls in flight finish and are counted. Open runs wait
/// with the reason `paused`, and so do runs that start meanwhile. Nothing is lost: they resume where they stopped. An
/// instance that is paused already gets the new note.
#[utoipa::path(
    tag = "instance",
    security(("bearer" = ["Admin"])),
    request_body = PauseBody,
    responses((status = 200, body = InstanceView)),
)]
#[post("/instance/pause")]
pub async fn pause_instance(
    caller: Caller<Admin>,
    app: Data<App>,
    body: Body<PauseBody>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let before = pauses::store::get(&mut tx, caller.instance).await?;
    let new = Pause {
        instance_id: caller.instance,
        note: body.value.note,
        paused_by: caller.subject().to_owned(),
        paused_utc: db::now(),
    };
    let pause = pauses::store::set(&mut tx, &new).await?;
    runs::store_paused::postpone(&mut tx, caller.instance).await?;
    let change = match &before {
        None => Change::made(&pause),
        Some(before) => Change::between(before, &pause),
    };
    audit::record(&mut tx, &caller.author, Action::InstancePause, change).await?;
    tx.commit().await?;
    Ok(HttpResponse::Ok().json(InstanceView::of(caller.instance, Some(pause))))
}

/// Resumes the instance.
///
/// Its runs that wait are due at once. Nothing happens to an instance that is not paused.
#[utoipa::path(
    tag = "instance",
    security(("bearer" = ["Admin"])),
    responses((status = 200, body = InstanceView)),
)]
#[post("/instance/resume")]
pub async fn resume_instance(
    caller: Caller<Admin>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let before = pauses::store::get(&mut tx, caller.instance).await?;
    pauses::store::remove(&mut tx, caller.instance).await?;
    let due = match &before {
        Some(_) => runs::store_paused::resume(&mut tx, caller.instance, db::now()).await?,
        None => vec![],
    };
    let change = before.as_ref().map_or_else(
        || {
            Change::done(
                Snapshot { id: caller.instance.to_string(), ..Snapshot::default() },
                &json!({}),
            )
        },
        Change::removed,
    );
    audit::record(&mut tx, &caller.author, Action::InstanceResume, change).await?;
    tx.commit().await?;
    for run in due {
        app.queue.hint(run).await;
    }
    Ok(HttpResponse::Ok().json(InstanceView::of(caller.instance, None)))
}
