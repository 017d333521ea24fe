//! The endpoint by which Customer Insights reports refreshes.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::audit::{self, Action};
use crate::db::{self, WriteHandle};
use crate::http::auth::{Admin, Caller};
use crate::http::body::Body;
use crate::http::idempotency::{Answer, IdempotencyKey, Idempotent};
use crate::http::problem::{Problem, ProblemDocument};
use crate::names::RefreshId;
use crate::refreshes::start_followers;
use crate::refreshes::store::{self, Refresh};
use crate::runs::start::Cause;
use crate::runs::started::RunsView;
use crate::runs::{self, Run};

/// A refresh that has finished.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefreshBody {
    /// Identifies the refresh; a report with a known id starts nothing.
    refresh_id: RefreshId,
}

/// A refresh, and what it started.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefreshView {
    instance_id: Uuid,
    refresh_id: RefreshId,
    /// Subject of who reported it.
    #[schema(example = "ann@example.com")]
    received_by: String,
    received_utc: DateTime<Utc>,
    #[serde(flatten)]
    runs: RunsView,
}

/// Reports that a refresh has finished.
///
/// Starts every active export whose schedule is `systemRefresh`, or skips it with the reason. A second report with the
/// same `refreshId` starts nothing, and gets the answer of the first.
#[utoipa::path(
    tag = "refreshes",
    security(("bearer" = ["Admin"])),
    request_body = RefreshBody,
    responses(
        (status = 202, body = RefreshView),
        (
            status = 409,
            description = "The idempotency key was used with another request: `idempotencyKeyReused`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/refreshes")]
pub async fn report_refresh(
    caller: Caller<Admin>,
    app: Data<App>,
    key: IdempotencyKey,
    body: Body<RefreshBody>,
) -> Result<HttpResponse, Problem> {
    let id = &body.value.refresh_id;
    let start = async |tx: &mut WriteHandle| {
        let runs = receive(tx, &caller, id).await?;
        let refresh = store::get(tx, caller.instance, id).await?;
        Ok((answer(refresh)?, runs))
    };
    let (response, started) =
        Idempotent::new(&caller, key, &body.digest).create(&app, start).await?;
    runs::start::notify(&app.queue, &started.unwrap_or_default()).await;
    Ok(response)
}

/// Starts what follows the refresh, unless it was reported before.
async fn receive(
    tx: &mut WriteHandle,
    caller: &Caller<Admin>,
    id: &RefreshId,
) -> Result<Vec<Run>, Problem> {
    let now = db::now();
    if !store::insert(tx, caller.instance, id, caller.subject(), now).await? {
        return Ok(vec![]);
    }
    let runs = start_followers(tx, &caller.author, Cause::Refresh, now).await?;
    let view = RunsView::of(&runs);
    store::keep(tx, caller.instance, id, &view).await?;
    let change = view.done_in(caller.instance, Some(id));
    audit::record(tx, &caller.author, Action::InstanceReportRefresh, change).await?;
    Ok(runs)
}

fn answer(refresh: Refresh) -> Result<Answer, Problem> {
    let Refresh { instance_id, refresh_id, runs, received_by, received_utc } = refresh;
    let view = RefreshView { instance_id, refresh_id, received_by, received_utc, runs: runs.0 };
    Answer::json(StatusCode::ACCEPTED, &view)
}
