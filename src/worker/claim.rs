//! The first phase of a run: a worker takes it, and learns how far it has come and whether it may begin.

use std::sync::Arc;

use metrics::counter;

use super::fairness::Fairness;
use super::gate::is_paused;
use super::heartbeat::canceled;
use super::job::Job;
use super::stopped::Stopped;
use crate::app::App;
use crate::db;
use crate::names::RunId;
use crate::runs::{self, ReasonCode, Run, store_batches};
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
    drop(db);
    Ok(Job::new(app.clone(), fairness, run, answered.into_iter().collect()))
}

/// Whether the run may begin: it is not cancelled, its instance is not paused, and it has not failed too often without
/// progress.
pub async fn may_begin(job: &Job) -> Result<(), Stopped> {
    if job.run.cancel_requested {
        return Err(canceled(&job.app, job.run.id).await);
    }
    if is_paused(&job.app, job.run.instance_id).await? {
        return Err(Stopped::Paused);
    }
    if job.run.stalls <= job.app.config.work.stalls_max {
        return Ok(());
    }
    let reason = job.run.reason.as_ref();
    let last = reason.map_or("the worker ended unexpectedly", |reason| reason.message.as_str());
    Err(Stopped::failed(ReasonCode::NoProgress, last))
}
