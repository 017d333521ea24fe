//! The life of a run at this worker: it is claimed, goes through its phases (`attempt.rs`), and is settled.

use std::sync::Arc;

use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::attempt::attempt;
use super::claim::{begin, claim};
use super::ending::ending;
use super::fairness::Fairness;
use super::heartbeat::Heartbeat;
use super::settle::{self, settle};
use super::stopped::PhasesEnd;
use crate::app::App;
use crate::db;
use crate::exports::ListId;
use crate::names::{ConnectionId, RunId};
use crate::runs::stopwatch::RunStage;
use crate::runs::{self, Run};
use crate::telemetry;
use crate::telemetry::measures::{self, GaugeGuard};

/// Claims a run and executes it, unless it is not due or another worker has it.
pub async fn execute(app: &Arc<App>, fairness: &Arc<Fairness>, id: RunId) -> anyhow::Result<()> {
    let Some(run) = claim(app, id).await? else {
        return Ok(());
    };
    let (connection, list, span) = (run.connection_id, run.list_id.clone(), span(&run));
    phases(app, fairness, run).instrument(span).await?;
    hint_next(app, connection, &list).await
}

fn span(run: &Run) -> Span {
    let span = tracing::info_span!("run", run.id = %run.id.0, run.attempt = run.fence,
        instance.id = %run.instance_id, export.id = %run.export_id.0, trace_id = Empty);
    if let Some(traceparent) = &run.traceparent {
        telemetry::continue_trace(&span, traceparent);
    }
    telemetry::record_trace_id(&span);
    span
}

async fn phases(app: &Arc<App>, fairness: &Arc<Fairness>, run: Run) -> anyhow::Result<()> {
    let _active = GaugeGuard::new(measures::RUNS_ACTIVE);
    let mut job = begin(app, fairness, run).await?;
    let heartbeat = Heartbeat::of(&job);
    let calls = job.calls.clone();
    let ended = calls.during(None, Box::pin(attempt(&mut job, &heartbeat))).await;
    let is_broken_off = matches!(ended, PhasesEnd::BrokenOff(_));
    if is_broken_off {
        // Uploads in flight may land yet: a run that ends now counts them as in doubt.
        job.doubt_until = job.doubt_until.max(job.run.sent_until);
    }
    let outcome = settle::outcome(&job, ended)?;
    let sent_until = settle::sent_until(&job, &outcome, is_broken_off);
    job.stopwatch.begin(RunStage::Ending);
    let ending = calls.during(None, Box::pin(ending(&mut job, &outcome)));
    let ending = heartbeat.during(ending).await?;
    settle(&mut job, &outcome, ending, sent_until).await
}

/// The runs of a connection, and those of a list, are executed one after the other: the next one need not wait for the
/// sweeper.
async fn hint_next(
    app: &App,
    connection: Option<ConnectionId>,
    list: &ListId,
) -> anyhow::Result<()> {
    let mut db = app.db.read().await?;
    let next = runs::store_waiting::waiting(&mut db, connection, list, db::now()).await?;
    drop(db);
    if let Some(next) = next {
        app.queue.hint(next).await;
    }
    Ok(())
}
