//! Takes runs and carries them out.
//!
//! `work` waits for hints and claims runs; `carry` moves the batches of one; `sweep` finds what the queue
//! forgot. A run is owned by a lease in the database: whoever loses it stops at once.

pub mod account;
pub mod carry;
pub mod job;
pub mod limiter;
pub mod prepare;
pub mod refusal;
pub mod settle;
pub mod turns;
pub mod upload;
pub mod uploaded;

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{counter, gauge};
use tokio::select;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use tracing::field::Empty;

use job::{Job, Stopped};
use turns::Turns;

use crate::app::App;
use crate::db;
use crate::names::RunId;
use crate::runs::{
    self, Lease, LeaseLost, Outcome, Reason, ReasonCode, Run, RunStatus, store_batches,
};
use crate::telemetry::measures::{self, Held};
use crate::telemetry::{self};

/// How long to wait for a hint before looking whether to stop.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long to leave a queue alone that is away. Meanwhile slots are free for runs that the sweeper finds.
const AWAY_PAUSE: Duration = Duration::from_secs(5);
/// A run is pushed again when nobody has taken it for this long.
const PUSH_AGAIN_AFTER: Duration = Duration::from_secs(10);
const SWEEP_MAX: i64 = 100;
/// The longest pause before a run is tried again.
const RUN_PAUSE_MAX: Duration = Duration::from_mins(10);

/// Carries out runs.
pub struct Worker {
    app: Arc<App>,
    slots: Arc<Semaphore>,
    turns: Arc<Turns>,
    runs: TaskTracker,
}

impl Worker {
    /// A worker with the settings of `app`.
    #[must_use]
    pub fn new(app: Arc<App>) -> Arc<Self> {
        let most = app.config.work.runs_in_parallel;
        gauge!(measures::RUN_SLOTS).set(f64::from(most));
        let slots = Arc::new(Semaphore::new(usize::from(most)));
        let turns = Turns::new(most, app.config.work.slice());
        Arc::new(Self { app, slots, turns, runs: TaskTracker::new() })
    }

    /// Works until told to stop; then uploads in flight finish and runs are handed back.
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

    /// Takes one hint, if there is room for a run.
    async fn take_next(self: Arc<Self>) {
        let Ok(slot) = self.slots.clone().acquire_owned().await else {
            return;
        };
        match self.app.queue.pop(PATIENCE).await {
            Ok(Some(id)) => self.spawn(id, slot),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "the queue is away; runs are found in the database"
                );
                drop(slot);
                sleep(AWAY_PAUSE).await;
            }
        }
    }

    fn spawn(self: Arc<Self>, id: RunId, slot: OwnedSemaphorePermit) {
        let worker = self.clone();
        self.runs.spawn(async move {
            if let Err(error) = worker.execute(id).await {
                counter!(measures::LEASES_LOST).increment(u64::from(error.is::<LeaseLost>()));
                tracing::warn!(run.id = %id.0, error = format!("{error:#}"), "the run was interrupted; it goes on when its lease has run out");
            }
            drop(slot);
        });
    }

    /// Claims a run and carries it out, unless it is not due or somebody else has it.
    pub async fn execute(&self, id: RunId) -> anyhow::Result<()> {
        let Some(run) = self.claim(id).await? else {
            return Ok(());
        };
        let connection = run.connection_id;
        let span = tracing::info_span!("run", run.id = %id.0, run.attempt = run.fence,
            instance.id = %run.instance_id, export.id = %run.export_id.0, trace_id = Empty);
        if let Some(traceparent) = &run.traceparent {
            telemetry::carry_on(&span, traceparent);
        }
        telemetry::record_trace_id(&span);
        self.carry_out(run).instrument(span).await?;
        let next = runs::store_work::waiting(&mut self.app.db.read().await?, connection, db::now())
            .await?;
        if let Some(next) = next {
            self.app.queue.hint(next).await;
        }
        Ok(())
    }

    /// Takes a run, unless it is not due, somebody else has it, or another run of its connection is being carried
    /// out: then it gets its turn after that one.
    async fn claim(&self, id: RunId) -> anyhow::Result<Option<Run>> {
        let prospect = runs::store_work::look(&mut self.app.db.read().await?, id).await?;
        let Some(prospect) = prospect.filter(|prospect| !prospect.is_busy) else {
            return Ok(None);
        };
        let mut tx = self.app.db.write().await?;
        match runs::store_work::claim(&mut tx, id, db::now(), self.app.config.work.lease()).await {
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

    async fn carry_out(&self, run: Run) -> anyhow::Result<()> {
        let _held = Held::new(measures::RUNS_IN_HAND);
        let stop = self.app.stop.child_token();
        let lease = Lease { run: run.id, fence: run.fence };
        tracing::info!(
            run.selected = run.counts.selected,
            run.position = run.position,
            "run taken up"
        );
        let answered =
            store_batches::after(&mut self.app.db.read().await?, run.id, run.position).await?;
        let mut job = Job {
            turn: self.turns.begin(lease, stop.clone()),
            app: self.app.clone(),
            doubt_until: run.sent_until,
            run,
            lease,
            answered: answered.into_iter().collect(),
            failed: vec![],
            is_quiet: true,
            stop,
        };
        let ended = carry::carry(&mut job).await;
        let outcome = match ended {
            Ok(()) => completed(&job.run),
            Err(Stopped::LeaseLost(lost)) => return Err(lost.into()),
            Err(Stopped::Fault(error)) => self.after_fault(&job, &error),
            Err(Stopped::Ended(status, reason)) => Outcome::Ended(status, Some(reason)),
            Err(Stopped::Drained) => {
                Outcome::Released { not_before: db::now(), reason: None, stalled: false }
            }
            Err(Stopped::Later(reason, asked)) => self.later(&job, reason, asked),
        };
        settle::settle(&mut job, outcome).await
    }

    fn after_fault(&self, job: &Job, error: &anyhow::Error) -> Outcome {
        tracing::error!(error = format!("{error:#}"), "the run met a fault");
        self.later(job, Reason::new(ReasonCode::Internal, ""), None)
    }

    /// Puts the run aside, or gives up when it has made no progress too often.
    fn later(&self, job: &Job, reason: Reason, asked: Option<Duration>) -> Outcome {
        if job.run.stalls >= self.app.config.work.stalls_max {
            return Outcome::Ended(RunStatus::Failed, Some(reason));
        }
        let pause = asked.unwrap_or_else(|| self.pause(job.run.stalls));
        Outcome::Released { not_before: db::now() + pause, reason: Some(reason), stalled: true }
    }

    /// Doubles with every stall, spread out so that runs do not come back in step.
    fn pause(&self, stalls: i32) -> Duration {
        let first = Duration::from_millis(self.app.config.work.run_pause_ms);
        let doublings = u32::try_from(stalls.saturating_sub(1)).unwrap_or(0).min(10);
        (first * 2_u32.pow(doublings)).min(RUN_PAUSE_MAX).mul_f64(rand::random_range(0.5..=1.0))
    }

    /// Sweeps until told to stop.
    pub async fn sweep_until_stopped(self: Arc<Self>) -> anyhow::Result<()> {
        let mut ticks = interval(Duration::from_millis(self.app.config.work.sweep_ms));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.app.stop.is_cancelled() {
            select! {
                _ = ticks.tick() => {}
                () = self.app.stop.cancelled() => break,
            }
            let standstill = self.turns.longest_standstill(Instant::now());
            gauge!(measures::STANDSTILL).set(standstill.as_secs_f64());
            // A run that found no slot while the queue was away is in nobody's hands, and must not wait that long.
            let again = if self.app.queue.is_away() { Duration::ZERO } else { PUSH_AGAIN_AFTER };
            let swept = async {
                self.sweep(again).await?;
                self.give_way().await
            };
            if let Err(error) = swept.await {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "runs that are due could not be looked for"
                );
            }
        }
        Ok(())
    }

    /// Makes a run give way that has had its time, when another has been due since the last sweep.
    async fn give_way(&self) -> anyhow::Result<()> {
        if !self.turns.may_end_one() {
            return Ok(());
        }
        let before = db::now() - Duration::from_millis(self.app.config.work.sweep_ms);
        let (due, _) = runs::store_work::backlog(&mut self.app.db.read().await?, before).await?;
        if due > 0
            && let Some(Lease { run, .. }) = self.turns.end_one()
        {
            tracing::info!(run.id = %run.0, due, "the run gives way to one that waits");
        }
        Ok(())
    }

    /// Pushes every run that the queue may have forgotten: the outbox, the retry timer and the recovery
    /// from crashes at once. Returns how many. Without a queue the runs are carried out from here.
    pub async fn sweep(self: &Arc<Self>, push_again_after: Duration) -> anyhow::Result<usize> {
        let mut tx = self.app.db.write().await?;
        let due = runs::store_work::due(&mut tx, db::now(), push_again_after, SWEEP_MAX).await?;
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

fn completed(run: &Run) -> Outcome {
    let status = run.counts.completion();
    let reason = (status == RunStatus::CompletedWithErrors)
        .then(|| Reason::new(ReasonCode::ProfilesNotExported, run.counts.shortfall()));
    Outcome::Ended(status, reason)
}
