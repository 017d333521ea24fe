//! Starting runs of an export.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::find::find_to_change;
use crate::api::access::{Permissions, may_edit, permissions};
use crate::api::connections::account::unusable;
use crate::api::runs::find;
use crate::api::runs::views::RunView;
use crate::app::App;
use crate::audit::{self, Action};
use crate::db::{self, ReadHandle, WriteHandle};
use crate::exports::store;
use crate::http::address;
use crate::http::auth::{Caller, Contributor};
use crate::http::body::{Body, BodyOrNone, Id};
use crate::http::idempotency::{Answer, IdempotencyKey, Idempotent};
use crate::http::problem::{Member, Problem, ProblemDocument, ProblemKind};
use crate::names::ExportId;
use crate::runs::start::{Cause, Obstacle, notify, start, start_or_skip};
use crate::runs::started::RunsView;
use crate::runs::{self, Run};

/// How to run an export.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StartRunBody {
    /// Sends every member, also where the export sends changes only.
    full: bool,
}

/// Starts a run of an export, now.
///
/// The run is queued, and a worker executes it. An export has at most one open run.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Contributor"])),
    params(("id" = ExportId, Path)),
    request_body = Option<StartRunBody>,
    responses(
        (status = 202, body = RunView),
        (
            status = 409,
            description = "The export has an open run (`runId` names it) or no connection, its connection is not \
                connected, or the idempotency key was used with another request: `runAlreadyOpen`, `exportInactive`, \
                `connectionNotConnected`, `idempotencyKeyReused`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/exports/{id}/runs")]
pub async fn start_run(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ExportId>,
    key: IdempotencyKey,
    body: BodyOrNone<StartRunBody>,
) -> Result<HttpResponse, Problem> {
    let is_full = body.0.value.full;
    let create = async |tx: &mut WriteHandle| {
        let export = find_to_change(tx, caller.instance, id.0).await?;
        may_edit(tx, &caller, export.connection_id).await?;
        match start(tx, &export, &caller.author, Cause::Person { is_full }, db::now()).await? {
            Ok(run) => {
                let id = run.id;
                Ok((accepted(tx, run).await?, id))
            }
            Err(obstacle) => Err(refuse(tx, export.id, obstacle).await?),
        }
    };
    let (response, started) =
        Idempotent::new(&caller, key, &body.0.digest).create(&app, create).await?;
    if let Some(id) = started {
        app.queue.hint(id).await;
    }
    Ok(response)
}

/// Selects the exports to run.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunAllBody {
    scope: Scope,
}

/// A set of exports that run together.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// All exports with an active schedule that the caller may edit.
    All,
}

/// Runs all exports that have an active schedule, now.
///
/// Exports that cannot run are skipped, with the reason. Exports whose schedule is manual or switched off (such as a
/// new duplicate) and exports that the caller may not edit are left out: the answer does not name them.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Contributor"])),
    request_body = RunAllBody,
    responses(
        (status = 202, body = RunsView),
        (
            status = 409,
            description = "The idempotency key was used with another request: `idempotencyKeyReused`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/runs")]
pub async fn run_all_exports(
    caller: Caller<Contributor>,
    app: Data<App>,
    key: IdempotencyKey,
    body: Body<RunAllBody>,
) -> Result<HttpResponse, Problem> {
    let create = async |tx: &mut WriteHandle| {
        let runs = match body.value.scope {
            Scope::All => start_all(tx, &caller).await?,
        };
        let view = RunsView::of(&runs);
        let change = view.done_in(caller.instance, None);
        audit::record(tx, &caller.author, Action::InstanceRunAll, change).await?;
        Ok((Answer::json(StatusCode::ACCEPTED, &view)?, runs))
    };
    let (response, started) =
        Idempotent::new(&caller, key, &body.digest).create(&app, create).await?;
    notify(&app.queue, &started.unwrap_or_default()).await;
    Ok(response)
}

async fn start_all(
    tx: &mut WriteHandle,
    caller: &Caller<Contributor>,
) -> Result<Vec<Run>, Problem> {
    let now = db::now();
    let mut runs = Vec::new();
    for listed in store::all(tx, caller.instance).await? {
        if listed.schedule.is_active()
            && let Some(export) = store::get_to_change(tx, caller.instance, listed.id).await?
            && permissions(tx, caller, export.connection_id).await? == Permissions::Edit
        {
            runs.push(
                start_or_skip(tx, &export, &caller.author, Cause::Person { is_full: false }, now)
                    .await?,
            );
        }
    }
    Ok(runs)
}

/// The problem that says why an export cannot run.
pub async fn refuse(
    tx: &mut ReadHandle,
    export: ExportId,
    obstacle: Obstacle,
) -> Result<Problem, Problem> {
    match obstacle {
        Obstacle::NoConnection => {
            let detail = "This export has no connection. Attach a connection, then run the export.";
            Ok(Problem::new(ProblemKind::ExportInactive, detail))
        }
        Obstacle::RunOpen => already_open(tx, export).await,
        Obstacle::Connection(why) => Ok(unusable(&why)),
    }
}

async fn already_open(tx: &mut ReadHandle, export: ExportId) -> Result<Problem, Problem> {
    let open = runs::store::open_of_export(tx, export).await?;
    let problem = Problem::new(
        ProblemKind::RunAlreadyOpen,
        "The export already has an open run. Wait for it to end, or cancel it.",
    );
    Ok(problem.with(Member::RunId, open.map(|run| run.id)))
}

async fn accepted(tx: &mut ReadHandle, run: Run) -> Result<Answer, Problem> {
    let location = address::location(run.instance_id, "runs", run.id.0);
    let version = run.version;
    let view: RunView = find::view(tx, run).await?;
    Ok(Answer::json(StatusCode::ACCEPTED, &view)?.about(location, version))
}
