//! Around every phase of a run: renews its lease, and watches whether somebody cancels it or it must stop.
//!
//! The phase and the heartbeats run side by side. While the phase writes about the run, which renews the lease too, no
//! heartbeat is sent: it would wait for the phase's own lock on the row. So a heartbeat that fails ends the phase
//! between two of its writes, never inside one. A lost lease ends it at once. A cancel or a stop does not: it is raised
//! as an interrupt, and the phase decides what it may leave undone.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::select;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::gate::is_paused;
use super::interrupt::Interrupt;
use super::job::{Job, UNKNOWN, Writes};
use super::stopped::Stopped;
use crate::app::App;
use crate::db;
use crate::erasures::store_tombstones;
use crate::names::RunId;
use crate::runs::stopwatch::Stopwatch;
use crate::runs::{self, Lease, LeaseLost, Reason, ReasonCode, RunStatus};

/// How often a worker checks whether somebody cancelled; leases are renewed at least three times in their life.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(1);

/// Keeps a run at this worker.
pub struct Heartbeat {
    app: Arc<App>,
    lease: Lease,
    stop: CancellationToken,
    writes: Writes,
    stopwatch: Stopwatch,
    pub(super) interrupt: Arc<Interrupt>,
    instance: Uuid,
    tombstones: Arc<AtomicI64>,
}

impl Heartbeat {
    /// Of this job; it renews the lease only during a phase.
    #[must_use]
    pub fn of(job: &Job) -> Self {
        let (app, lease, stop) = (job.app.clone(), job.lease, job.stop.clone());
        let (writes, instance) = (job.writes.clone(), job.run.instance_id);
        let (tombstones, interrupt) = (job.tombstones.clone(), Arc::default());
        let stopwatch = job.stopwatch.clone();
        Self { app, lease, stop, writes, stopwatch, interrupt, instance, tombstones }
    }

    /// Runs a phase to its end, unless the lease is lost or cannot be renewed.
    pub async fn during<T>(
        &self,
        phase: impl Future<Output = Result<T, Stopped>>,
    ) -> Result<T, Stopped> {
        select! {
            biased;
            done = phase => done,
            failed = self.watch() => Err(failed),
        }
    }

    /// Runs a phase that may be dropped at any point: a cancel or a stop ends it at once.
    pub async fn during_or_interrupted<T>(
        &self,
        phase: impl Future<Output = Result<T, Stopped>>,
    ) -> Result<T, Stopped> {
        self.during(async {
            select! {
                done = phase => done,
                () = self.interrupt.drain.cancelled() => {
                    Err(self.interrupt.take().unwrap_or(Stopped::Drained))
                }
            }
        })
        .await
    }

    /// Watches until the lease is lost or cannot be renewed.
    async fn watch(&self) -> Stopped {
        let mut heartbeats = self.heartbeats();
        loop {
            select! {
                _ = heartbeats.tick() => if let Ok(_writing) = self.writes.try_lock()
                    && let Err(failed) = self.renew().await
                {
                    return failed;
                },
                () = self.stop.cancelled(), if !self.interrupt.drain.is_cancelled() => {
                    self.interrupt.raise(Stopped::Drained);
                }
            }
        }
    }

    async fn renew(&self) -> Result<(), Stopped> {
        let mut tx = self.app.db.write().await?;
        let (now, ttl) = (db::now(), self.app.config.work.lease());
        let timeline = self.stopwatch.timeline(now);
        let renewed = runs::store_work::heartbeat(&mut tx, self.lease, &timeline, now, ttl).await?;
        tx.commit().await?;
        if renewed.ok_or(Stopped::LeaseLost(LeaseLost))? {
            self.interrupt.raise(canceled(&self.app, self.lease.run).await);
        } else if is_paused(&self.app, self.instance).await? {
            self.interrupt.raise(Stopped::Paused);
        } else if self.is_outdated().await? {
            self.interrupt.raise(Stopped::MoreErased);
        }
        Ok(())
    }

    /// Whether people were erased since the run was prepared.
    async fn is_outdated(&self) -> sqlx::Result<bool> {
        let mut db = self.app.db.read().await?;
        let generation = store_tombstones::generation(&mut db, self.instance).await?;
        let known = self.tombstones.load(Ordering::Relaxed);
        Ok(known != UNKNOWN && known != generation)
    }

    fn heartbeats(&self) -> Interval {
        let every = HEARTBEAT_EVERY.min(self.app.config.work.lease() / 3);
        let mut heartbeats = interval_at(Instant::now() + every, every);
        heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        heartbeats
    }
}

/// The end of a cancelled run, with the name of the person who cancelled it.
pub(super) async fn canceled(app: &App, id: RunId) -> Stopped {
    let asked = async { runs::store::get(&mut app.db.read().await?, id).await };
    let reason = match asked.await {
        Ok(run) => run.and_then(|run| run.reason).map(|reason| reason.0),
        Err(error) => return error.into(),
    };
    let reason = reason.filter(|reason| reason.code == ReasonCode::CanceledByUser);
    Stopped::Ended(
        RunStatus::Canceled,
        reason.unwrap_or_else(|| Reason::new(ReasonCode::CanceledByUser, "somebody")),
    )
}
