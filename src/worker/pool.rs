//! The runs of a worker: hints, slots, and the sweeper that finds what the queue forgot.

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{counter, gauge};
use tokio::select;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::task::TaskTracker;

use super::execute::execute;
use super::fairness::Fairness;
use super::verify;
use super::waiting::Waiting;
use crate::app::App;
use crate::db;
use crate::names::RunId;
use crate::runs::{self, Lease, LeaseLost};
use crate::telemetry::measures;

/// How long to wait for a hint before checking whether to stop.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long to leave a queue alone that is unavailable. Meanwhile slots are free for runs that the sweeper finds.
const UNAVAILABLE_PAUSE: Duration = Duration::from_secs(5);
/// A run is pushed once more when no worker has claimed it for this long.
const REPUSH_AFTER: Duration = Duration::from_secs(10);
const SWEEP_MAX: i64 = 100;

/// Executes as many runs at a time as it has slots.
pub struct Worker {
    app: Arc<App>,
    slots: Arc<Semaphore>,
    fairness: Arc<Fairness>,
    waiting: Waiting,
    runs: TaskTracker,
}

impl Worker {
    /// A worker with the settings of `app`.
    #[must_use]
    pub fn new(app: Arc<App>) -> Arc<Self> {
        let most = app.config.work.runs_in_parallel;
        gauge!(measures::RUN_SLOTS).set(f64::from(most));
        let slots = Arc::new(Semaphore::new(usize::from(most)));
        let fairness = Fairness::new(most, app.config.work.slice());
        let (waiting, runs) = (Waiting::default(), TaskTracker::new());
        Arc::new(Self { app, slots, fairness, waiting, runs })
    }

    /// Works until the process stops; then uploads in flight finish and runs are handed back.
    pub async fn work(self: Arc<Self>) -> anyhow::Result<()> {
        let stop = self.app.stop.clone();
        while !stop.is_cancelled() {
            select! {
                () = self.clone().take_next() => {}
                () = stop.cancelled() => {}
            }
        }
        self.runs.close();
        self.runs.wait().await;
        Ok(())
    }

    /// Takes one run, if there is room: of an instance that has none, else the next of the queue.
    async fn take_next(self: Arc<Self>) {
        let Ok(slot) = self.slots.clone().acquire_owned().await else {
            return;
        };
        if let Some(id) = self.waiting.next() {
            self.spawn(id, slot);
            return;
        }
        match self.app.queue.pop(PATIENCE).await {
            Ok(Some(id)) => self.spawn(id, slot),
            Ok(None) => {}
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(error, "the queue is unavailable; runs are found in the database");
                drop(slot);
                sleep(UNAVAILABLE_PAUSE).await;
            }
        }
    }

    fn spawn(self: Arc<Self>, id: RunId, slot: OwnedSemaphorePermit) {
        let worker = self.clone();
        self.runs.spawn(async move {
            if let Err(error) = Box::pin(execute(&worker.app, &worker.fairness, id)).await {
                counter!(measures::LEASES_LOST).increment(u64::from(error.is::<LeaseLost>()));
                let error = format!("{error:#}");
                tracing::warn!(run.id = %id.0, error, "the run was interrupted; it resumes when its lease has expired");
            }
            drop(slot);
        });
    }

    /// Sweeps until the process stops.
    pub async fn sweep_until_stopped(self: Arc<Self>) -> anyhow::Result<()> {
        let mut ticks = interval(Duration::from_millis(self.app.config.work.sweep_ms));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.app.stop.is_cancelled() {
            select! {
                _ = ticks.tick() => {}
                () = self.app.stop.cancelled() => break,
            }
            let stalled = self.fairness.longest_stalled(Instant::now());
            gauge!(measures::LONGEST_STALLED).set(stalled.as_secs_f64());
            // A run that found no slot while the queue was unavailable is not queued, and must not wait that long.
            let after = if self.app.queue.is_unavailable() { Duration::ZERO } else { REPUSH_AFTER };
            let swept = async {
                self.sweep(after).await?;
                self.find_waiting().await?;
                self.start_verifications().await?;
                self.yield_one().await
            };
            if let Err(error) = swept.await {
                let error = format!("{error:#}");
                tracing::warn!(error, "could not look for runs that are due");
            }
        }
        Ok(())
    }

    /// Starts verifications that wait, as far as slots are free: runs go first.
    async fn start_verifications(self: &Arc<Self>) -> anyhow::Result<()> {
        let most = i64::try_from(self.slots.available_permits())?;
        for id in verify::due(&self.app, most).await? {
            let Ok(slot) = self.slots.clone().try_acquire_owned() else { break };
            let app = self.app.clone();
            self.runs.spawn(async move {
                if let Err(error) = Box::pin(verify::execute(&app, id)).await {
                    tracing::warn!(%error, "a verification was interrupted; it is done again later");
                }
                drop(slot);
            });
        }
        Ok(())
    }

    /// Notes the runs of instances that have waited since the last sweep without any run.
    async fn find_waiting(&self) -> anyhow::Result<()> {
        let before = db::now() - Duration::from_millis(self.app.config.work.sweep_ms);
        let mut db = self.app.db.read().await?;
        let runs = runs::store_waiting::of_waiting_instances(&mut db, before, SWEEP_MAX).await?;
        self.waiting.replace(runs);
        Ok(())
    }

    /// Makes a run yield that has had its time, when another has been due since the last sweep.
    async fn yield_one(&self) -> anyhow::Result<()> {
        if !self.fairness.may_yield() {
            return Ok(());
        }
        let before = db::now() - Duration::from_millis(self.app.config.work.sweep_ms);
        let (due, _) = runs::store_waiting::backlog(&mut self.app.db.read().await?, before).await?;
        if due > 0
            && let Some(Lease { run, .. }) = self.fairness.yield_one()
        {
            tracing::info!(run.id = %run.0, due, "the run yields to one that waits");
        }
        Ok(())
    }

    /// Pushes every run that the queue may have forgotten: the outbox, the retry timer and the recovery
    /// from crashes in one. Returns how many. Without a queue the runs are executed from here.
    pub async fn sweep(self: &Arc<Self>, repush_after: Duration) -> anyhow::Result<usize> {
        let mut tx = self.app.db.write().await?;
        let due = runs::store_work::due(&mut tx, db::now(), repush_after, SWEEP_MAX).await?;
        tx.commit().await?;
        for id in &due {
            if self.app.queue.push(*id).await.is_err()
                && let Ok(slot) = self.slots.clone().try_acquire_owned()
            {
                self.clone().spawn(*id, slot);
            }
        }
        Ok(due.len())
    }
}
