//! Starting runs of an export.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};

use super::api::find;
use super::check::may_edit;
use super::{Export, ExportId};
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::connections::{self, ConnectionId, ConnectionStatus};
use crate::db::{self, Tx};
use crate::http::auth::{Caller, Contributor};
use crate::http::body::Id;
use crate::http::idempotency::{Answer, IdempotencyKey, Once};
use crate::http::problem::{Kind, Problem, ProblemDocument};
use crate::runs::store::NewRun;
use crate::runs::views::{RunStart, RunView};
use crate::runs::{self, Run, SubmissionKind};
use crate::{segments, telemetry};

/// Starts a run of an export, now.
///
/// It is queued, and carried out by a worker. An export has at most one open run.
#[utoipa::path(tag = "runs", params(("id" = ExportId, Path)),
    responses((status = 202, body = RunView, headers(("Location" = String, description = "The run"))),
        (status = 409, description = "It has an open run (`runId` names it), no connection, or one that is not connected", body = ProblemDocument)))]
#[post("/exports/{id}/runs")]
pub async fn start_run(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ExportId>,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let once = Once::new(&caller, key, &[]);
    if let Some(answer) = once.replay(&app).await? {
        return Ok(answer);
    }
    let mut tx = app.db.write().await?;
    if !once.begin(&mut tx).await? {
        drop(tx);
        return once.answer_of_the_other(&app).await;
    }
    let export = find(&mut tx, caller.instance, id.0).await?;
    may_edit(&mut tx, &caller, export.connection_id).await?;
    let connection = connected(&mut tx, &export).await?;
    if let Some(open) = runs::store::open_of_export(&mut tx, export.id).await? {
        return Err(already_open(&open));
    }
    let run = insert(&mut tx, &caller, &export, connection).await?;
    let id = run.id;
    let change = Change::done((&export, &[][..]), &RunStart::from(&run));
    audit::record(&mut tx, &caller.author, Action::ExportStartRun, change).await?;
    let answer = accepted(&mut tx, run).await?;
    let response = once.finish(tx, answer).await?;
    app.queue.hint(id).await;
    Ok(response)
}

/// The connection of an export that can run.
pub async fn connected(tx: &mut Tx, export: &Export) -> Result<ConnectionId, Problem> {
    let id = export.connection_id.ok_or_else(|| {
        Problem::new(Kind::ExportInactive, "The export has no connection. Attach one, then run it.")
    })?;
    let connection = connections::store::get(tx, export.instance_id, id).await?;
    let status = connection.as_ref().map(connections::Connection::status);
    if status == Some(ConnectionStatus::Connected) {
        return Ok(id);
    }
    let detail = match status {
        Some(ConnectionStatus::NeedsAttention) => {
            "Campaign Monitor refuses its credentials. An administrator must renew them."
        }
        Some(ConnectionStatus::PendingExportUser) => {
            "An administrator must add themselves as export user."
        }
        _ => "An administrator must add its credentials.",
    };
    Err(Problem::new(
        Kind::ConnectionNotConnected,
        format!("The connection is not connected: {detail}"),
    ))
}

async fn insert(
    tx: &mut Tx,
    caller: &Caller<Contributor>,
    export: &Export,
    connection: ConnectionId,
) -> Result<Run, Problem> {
    let segments = segments::store::of_export(tx, export.id).await?;
    let span = tracing::Span::current();
    let new = NewRun {
        export,
        connection,
        segments: &segments,
        kind: SubmissionKind::OnDemand,
        by: caller.subject(),
        traceparent: telemetry::traceparent(&span),
        trace_id: telemetry::trace_id(&span),
        now: db::now(),
    };
    runs::store::insert(tx, &new).await.map_err(|error| {
        if db::is_unique_violation(&error) {
            // Started by somebody else between the look and the insert.
            return Problem::new(
                Kind::RunAlreadyOpen,
                "Another run of this export was started at this moment.",
            );
        }
        error.into()
    })
}

fn already_open(open: &Run) -> Problem {
    Problem::new(Kind::RunAlreadyOpen, "Wait for the open run to end, or cancel it.")
        .with("runId", open.id)
}

async fn accepted(tx: &mut Tx, run: Run) -> Result<Answer, Problem> {
    let location = format!("/v1/instances/{}/runs/{}", run.instance_id, run.id.0);
    let etag = crate::http::body::etag(run.version);
    let view: RunView = runs::api::view(tx, run).await?;
    let body = serde_json::to_string(&view).map_err(anyhow::Error::new)?;
    Ok(Answer { status: 202, location: Some(location), etag: Some(etag), body })
}
