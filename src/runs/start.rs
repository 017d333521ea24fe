//! Starting the run of an export, or skipping it: then the run says why, and nothing is sent.

use sqlx::Result;

use super::held;
use super::makers::RunMakers;
use super::measure;
use super::reason::{Reason, ReasonCode};
use super::run::{Run, SubmissionKind};
use super::started::RunStart;
use super::store::{self, NewRun};
use crate::audit::{self, Action, Author, Change};
use crate::connections::{self, Connection, Unusable};
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::exports::{Export, SendMode};
use crate::queue::Queue;
use crate::{pauses, segments, telemetry};

/// Who submits the runs of connections that have no export user.
const NOBODY: &str = "scheduler";

/// What makes a run start.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cause {
    /// A person asked for it, of every member when `is_full`.
    Person { is_full: bool },
    /// This planned time has come.
    Planned(Time),
    /// A refresh that Customer Insights reported.
    Refresh,
}

/// Why an export cannot run now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// It has no connection.
    NoConnection,
    /// Nothing can run over its connection.
    Connection(Unusable),
    /// The run before has not ended.
    RunOpen,
}

impl From<Obstacle> for Reason {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle {
            Obstacle::NoConnection => Self::new(ReasonCode::NoConnection, ""),
            Obstacle::Connection(why) => why.into(),
            Obstacle::RunOpen => Self::new(ReasonCode::RunAlreadyOpen, ""),
        }
    }
}

/// A run of `export`, which was read to be changed; or why it cannot run. The audit gets the run and its author.
pub(crate) async fn start(
    tx: &mut WriteHandle,
    export: &Export,
    author: &Author,
    cause: Cause,
    now: Time,
) -> Result<std::result::Result<Run, Obstacle>> {
    let (new, connection) = prepare(tx, export, author, cause, now).await?;
    let started = insert(tx, &new, connection, author).await?;
    if let Ok(run) = &started {
        record(tx, author, export, run).await?;
    }
    Ok(started)
}

/// The same, but what cannot run becomes a skipped run that says why.
pub(crate) async fn start_or_skip(
    tx: &mut WriteHandle,
    export: &Export,
    author: &Author,
    cause: Cause,
    now: Time,
) -> Result<Run> {
    let (new, connection) = prepare(tx, export, author, cause, now).await?;
    let run = match insert(tx, &new, connection, author).await? {
        Ok(run) => run,
        Err(obstacle) => store::insert_skipped(tx, &new, &obstacle.into()).await?,
    };
    record(tx, author, export, &run).await?;
    Ok(run)
}

/// The connection that a run of `export` would go over, or why there is none to go over.
pub(crate) async fn usable_connection(
    tx: &mut ReadHandle,
    export: &Export,
) -> Result<std::result::Result<Connection, Obstacle>> {
    Ok(usable(connection_of(tx, export).await?))
}

fn usable(connection: Option<Connection>) -> std::result::Result<Connection, Obstacle> {
    let connection = connection.ok_or(Obstacle::NoConnection)?;
    connection.unusable().map_or(Ok(connection), |why| Err(Obstacle::Connection(why)))
}

async fn connection_of(tx: &mut ReadHandle, export: &Export) -> Result<Option<Connection>> {
    match export.connection_id {
        Some(id) => connections::store::get(tx, export.instance_id, id).await,
        None => Ok(None),
    }
}

/// A run that no person asks for acts as the export user.
async fn prepare<'a>(
    tx: &mut ReadHandle,
    export: &'a Export,
    author: &Author,
    cause: Cause,
    now: Time,
) -> Result<(NewRun<'a>, Option<Connection>)> {
    let connection = connection_of(tx, export).await?;
    let segments = segments::store::of_export(tx, export.id).await?;
    let by = match cause {
        Cause::Person { .. } => &author.actor.subject,
        Cause::Planned(_) | Cause::Refresh => export_user(connection.as_ref()),
    };
    let (by, span) = (by.to_owned(), tracing::Span::current());
    let new = NewRun {
        export,
        segments,
        kind: cause.kind(),
        is_full: matches!(cause, Cause::Person { is_full: true })
            && export.sync.send == SendMode::Changes,
        by,
        makers: RunMakers::of(export, author),
        planned: cause.planned(),
        traceparent: telemetry::traceparent(&span),
        trace_id: telemetry::trace_id(&span),
        now,
    };
    Ok((new, connection))
}

async fn insert(
    tx: &mut WriteHandle,
    new: &NewRun<'_>,
    connection: Option<Connection>,
    author: &Author,
) -> Result<std::result::Result<Run, Obstacle>> {
    match usable(connection) {
        Ok(_) => {
            held::supersede(tx, new.export.id, author, new.now).await?;
            let pause = pauses::store::get(tx, new.export.instance_id).await?;
            let reason = pause.map(|_| Reason::new(ReasonCode::Paused, ""));
            Ok(store::insert(tx, new, reason.as_ref()).await?.ok_or(Obstacle::RunOpen))
        }
        Err(obstacle) => Ok(Err(obstacle)),
    }
}

/// Records that a run was started, or skipped.
async fn record(tx: &mut WriteHandle, author: &Author, export: &Export, run: &Run) -> Result<()> {
    let change = Change::done((export, &[][..]), &RunStart::from(run));
    audit::record(tx, author, Action::ExportStartRun, change).await
}

fn export_user(connection: Option<&Connection>) -> &str {
    connection.and_then(|connection| connection.export_user_subject.as_deref()).unwrap_or(NOBODY)
}

impl Cause {
    const fn kind(self) -> SubmissionKind {
        match self {
            Self::Person { .. } => SubmissionKind::OnDemand,
            Self::Planned(_) | Self::Refresh => SubmissionKind::Scheduled,
        }
    }

    const fn planned(self) -> Option<Time> {
        match self {
            Self::Planned(time) => Some(time),
            Self::Person { .. } | Self::Refresh => None,
        }
    }
}

/// Hints the workers at the runs that wait for them, and counts those that were skipped.
pub(crate) async fn notify(queue: &Queue, runs: &[Run]) {
    for run in runs {
        if run.status.is_ended() {
            measure::run_ended(run.status, run.reason.as_deref());
        } else {
            queue.hint(run.id).await;
        }
    }
}
