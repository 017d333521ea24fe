//! Cancels runs: for a caller, or because their export can no longer run.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};

use super::find::{find, view};
use super::views::RunView;
use crate::api::access::may_edit;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db::{self, WriteHandle};
use crate::http::auth::{Caller, Contributor};
use crate::http::body::{Id, etag};
use crate::http::problem::{Member, Problem, ProblemDocument, ProblemKind};
use crate::names::{ExportId, RunId};
use crate::runs::{Reason, ReasonCode, Run, measure, store};

/// Cancels a run.
///
/// Uploads in flight finish and are counted. Profiles that were sent stay on the list.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Contributor"])),
    params(("id" = RunId, Path)),
    responses(
        (status = 202, body = RunView),
        (status = 409, description = "The run has already ended: `runEnded`", body = ProblemDocument),
    ),
)]
#[post("/runs/{id}/cancel")]
pub async fn cancel_run(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<RunId>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let run = find(&mut tx, caller.instance, id.0).await?;
    may_edit(&mut tx, &caller, run.connection_id).await?;
    let Some(canceled) = cancel(&mut tx, &caller, &run, "").await? else {
        let detail = "The run has already ended, so there is nothing to cancel.";
        return Err(Problem::new(ProblemKind::RunEnded, detail).with(Member::RunStatus, run.status));
    };
    let view = view(&mut tx, canceled).await?;
    tx.commit().await?;
    app.queue.hint(id.0).await;
    Ok(HttpResponse::Accepted().insert_header(("ETag", etag(view.version))).json(view))
}

/// Cancels a run; `None` when it has already ended. `by` continues the name of the caller.
async fn cancel<R>(
    tx: &mut WriteHandle,
    caller: &Caller<R>,
    run: &Run,
    by: &str,
) -> Result<Option<Run>, Problem> {
    let now = db::now();
    let who = format!("{}{by}", caller.identity.name);
    let reason = Reason::new(ReasonCode::CanceledByUser, who);
    let is_canceled = store::cancel_queued(tx, run.id, &reason, now).await?
        || store::request_cancel(tx, run.id, &reason, now).await?;
    if !is_canceled {
        return Ok(None);
    }
    let canceled = find(tx, caller.instance, run.id).await?;
    if canceled.status.is_ended() {
        measure::run_ended(canceled.status, canceled.reason.as_deref());
    }
    let change = Change::between(run, &canceled);
    audit::record(tx, &caller.author, Action::RunCancel, change).await?;
    Ok(Some(canceled))
}

/// Why the open run of an export cannot go on.
#[derive(Clone, Copy)]
pub enum Uprooted {
    Removed,
    /// From its connection; it may have another one now.
    Detached,
}

/// Cancels the open run of an export that can no longer run, if it has one.
pub async fn cancel_open<R>(
    tx: &mut WriteHandle,
    caller: &Caller<R>,
    export: ExportId,
    why: Uprooted,
) -> Result<(), Problem> {
    let by = match why {
        Uprooted::Removed => ", who removed the export",
        Uprooted::Detached => ", who took the connection from the export",
    };
    if let Some(run) = store::open_of_export(tx, export).await? {
        cancel(tx, caller, &run, by).await?;
    }
    Ok(())
}
