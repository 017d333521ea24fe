//! Lifts what keeps people from being sent.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use serde_json::json;

use super::handlers::{NONE, view};
use super::views::{ErasureView, LiftBody};
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db;
use crate::erasures::{ErasureId, ErasureStatus, store, store_tombstones};
use crate::http::auth::{Admin, Caller};
use crate::http::body::{Body, Id, ok};
use crate::http::problem::{Problem, ProblemDocument};

/// Lifts the tombstones of an erasure.
///
/// Its people may be sent again, if they are in a segment: they have come back by their own wish. Who lifted them and
/// why stands in the erasure and in the audit. The tombstones of another erasure of the same people stay.
#[utoipa::path(
    tag = "erasures",
    security(("bearer" = ["Admin"])),
    params(("id" = ErasureId, Path)),
    request_body = LiftBody,
    responses(
        (status = 200, body = ErasureView),
        (
            status = 422,
            description = "The erasure is not completed: `unprocessable`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/erasures/{id}/lift-tombstones")]
pub async fn lift_tombstones(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ErasureId>,
    body: Body<LiftBody>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let erasure = store::get_to_change(&mut tx, caller.instance, id.0).await?;
    let erasure = erasure.ok_or_else(|| Problem::not_found(NONE))?;
    if erasure.status != ErasureStatus::Completed {
        let message = "The erasure is not completed. Its people may be sent again only when it is.";
        return Err(Problem::unprocessable("", "notAccepted", message));
    }
    let why = body.value.reason.as_str();
    store_tombstones::remove(&mut tx, id.0).await?;
    let lifted = store::lift(&mut tx, id.0, caller.subject(), why, db::now()).await?;
    let change = Change::done(&lifted, &json!({"reason": why}));
    audit::record(&mut tx, &caller.author, Action::ErasureLift, change).await?;
    let answer = view(&mut tx, lifted).await?;
    tx.commit().await?;
    Ok(ok(answer.version, &answer))
}
