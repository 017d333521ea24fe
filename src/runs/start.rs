//! Starting the run of an export, or skipping it: then the run says why, and nothing is sent.

use sqlx::Result;

use super::started::RunStart;
use super::store::{self, NewRun};
use super::{Reason, ReasonCode, Run, SubmissionKind, measure};
use crate::audit::{self, Action, Author, Change};
use crate::connections::{self, Connection};
use crate::db::{Time, Tx};
use crate::exports::Export;
use crate::queue::Queue;
use crate::{segments, telemetry};

/// Who submits the runs of connections that have no export user.
const NOBODY: &str = "scheduler";

/// What makes a run start.
#[derive(Clone, Copy, Debug)]
pub enum Cause {
    /// A person asked for it.
    Person,
    /// A planned time.
    Planned(Time),
    /// A refresh that Customer Insights reported.
    Refresh,
}

/// Starts a run of `export`, which was read to be changed, or skips it: it has no connection, the connection is not
/// connected, or a run is open. A run that no person asks for acts as the export user. The audit gets what became of
/// it, and the author.
pub async fn start_or_skip(
    tx: &mut Tx,
    export: &Export,
    author: &Author,
    cause: Cause,
    now: Time,
) -> Result<Run> {
    let connection = match export.connection_id {
        Some(id) => connections::store::get(tx, export.instance_id, id).await?,
        None => None,
    };
    let segments = segments::store::of_export(tx, export.id).await?;
    let span = tracing::Span::current();
    let new = NewRun {
        export,
        segments: &segments,
        kind: cause.kind(),
        by: match cause {
            Cause::Person => &author.actor.subject,
            Cause::Planned(_) | Cause::Refresh => export_user(connection.as_ref()),
        },
        planned: cause.planned(),
        traceparent: telemetry::traceparent(&span),
        trace_id: telemetry::trace_id(&span),
        now,
    };
    let run = match obstacle(connection.as_ref()) {
        Some(reason) => store::insert_skipped(tx, &new, &reason).await?,
        None => insert(tx, &new).await?,
    };
    record(tx, author, export, &run).await?;
    Ok(run)
}

async fn insert(tx: &mut Tx, new: &NewRun<'_>) -> Result<Run> {
    match store::insert(tx, new).await? {
        Some(run) => Ok(run),
        None => store::insert_skipped(tx, new, &Reason::new(ReasonCode::RunAlreadyOpen, "")).await,
    }
}

/// Records that a run was started, or skipped.
pub async fn record(tx: &mut Tx, author: &Author, export: &Export, run: &Run) -> Result<()> {
    let change = Change::done((export, &[][..]), &RunStart::from(run));
    audit::record(tx, author, Action::ExportStartRun, change).await
}

/// Why nothing can run over this connection.
fn obstacle(connection: Option<&Connection>) -> Option<Reason> {
    connection
        .map_or_else(|| Some(Reason::new(ReasonCode::NoConnection, "")), Reason::why_not_connected)
}

fn export_user(connection: Option<&Connection>) -> &str {
    connection.and_then(|connection| connection.export_user_subject.as_deref()).unwrap_or(NOBODY)
}

impl Cause {
    const fn kind(self) -> SubmissionKind {
        match self {
            Self::Person => SubmissionKind::OnDemand,
            Self::Planned(_) | Self::Refresh => SubmissionKind::Scheduled,
        }
    }

    const fn planned(self) -> Option<Time> {
        match self {
            Self::Planned(time) => Some(time),
            Self::Person | Self::Refresh => None,
        }
    }
}

/// Tells the workers of the runs that wait for them, and the metrics of those that were skipped.
pub async fn announce(queue: &Queue, runs: &[Run]) {
    for run in runs {
        if run.status.is_ended() {
            measure::run_ended(run.status, 1);
        } else {
            queue.hint(run.id).await;
        }
    }
}
