//! The first phase of a run: a worker takes it, and learns how far it has come and whether it may begin.

use std::sync::Arc;

use metrics::counter;

use super::fairness::Fairness;
use super::gate::is_paused;
use super::heartbeat::canceled;
use super::job::Job;
use super::row_log;
use super::stopped::Stopped;
use crate::app::App;
use crate::db;
use crate::names::RunId;
use crate::runs::{self, Reason, ReasonCode, Run, store_batches, store_requests};
use crate::steps::{ClaimObstacle, obstacle};
use crate::telemetry::measures;

/// Claims a run, unless it is not due, another worker has it, or another run of its connection is being executed:
/// then it follows that one.
pub async fn claim(app: &App, id: RunId) -> anyhow::Result<Option<Run>> {
    let prospect = runs::store_work::peek(&mut app.db.read().await?, id).await?;
    let Some(prospect) = prospect.filter(|prospect| !prospect.is_busy) else {
        return Ok(None);
    };
    let mut tx = app.db.write().await?;
    match runs::store_work::claim(&mut tx, id, db::now(), app.config.work.lease()).await {
        Err(error) if db::is_unique_violation(&error) => Ok(None),
        claimed => {
            let claimed = claimed?;
            tx.commit().await?;
            let is_taken_over = prospect.is_held && claimed.is_some();
            counter!(measures::TAKEOVERS).increment(u64::from(is_taken_over));
            Ok(claimed)
        }
    }
}

/// The job of a claimed run, with the batches behind its position that are written already.
pub async fn begin(app: &Arc<App>, fairness: &Arc<Fairness>, run: Run) -> sqlx::Result<Job> {
    tracing::info!(run.selected = run.counts.selected, run.position = run.position, "run claimed");
    let mut db = app.db.read().await?;
    let answered = store_batches::after(&mut db, run.id, run.position).await?;
    let observed = store_requests::observed(&mut db, run.id).await?;
    drop(db);
    let row_log = row_log::open(app, &run).await?;
    let job = Job::new(app.clone(), fairness, run, answered.into_iter().collect());
    Ok(job.resuming(observed, row_log))
}

/// Whether the run may begin: it is not cancelled, its instance is not paused, and it has not failed too often without
/// progress.
pub async fn may_begin(job: &Job) -> Result<(), Stopped> {
    let Job { app, run, .. } = job;
    let is_paused = !run.cancel_requested && is_paused(app, run.instance_id).await?;
    match obstacle(run.cancel_requested, is_paused, run.stalls, app.config.work.stalls_max) {
        None => Ok(()),
        Some(ClaimObstacle::Canceled) => Err(canceled(app, run.id).await),
        Some(ClaimObstacle::InstancePaused) => Err(Stopped::Paused),
        Some(ClaimObstacle::NoProgress) => {
            Err(Stopped::because(no_progress(run.reason.as_deref())))
        }
    }
}

/// `last`: why the last attempt made none; `None` when nobody could say it.
fn no_progress(last: Option<&Reason>) -> Reason {
    let Some(last) = last else {
        return Reason::new(ReasonCode::NoProgress, "the worker ended unexpectedly");
    };
    let reason = Reason::new(ReasonCode::NoProgress, &last.message);
    reason.with("reason", last.code.word()).with_all(last.params.clone())
}
