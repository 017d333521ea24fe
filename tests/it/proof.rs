//! The model of `tests/proof` tells how the table of runs answers each statement. Here the real statements answer the
//! same steps, in many orders, so that the model stays true to the SQL, on either engine.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use segment_export::app::App;
use segment_export::db;
use segment_export::names::RunId;
use segment_export::runs::store_work::{self, Checkpoint, due};
use segment_export::runs::{
    Counts, FieldWarnings, Lease, Outcome, Reason, ReasonCode, RequestSums, Run, RunStatus,
    Timeline, store,
};

use crate::stores::{idle, queued};

#[expect(dead_code, reason = "approvals are tested over HTTP (`approval.rs`)")]
#[path = "../proof/src/store.rs"]
mod model;

#[expect(dead_code, reason = "one kind of number is enough here")]
#[path = "../proof/src/random.rs"]
mod random;

use model::{LeaseState, Left, RunRow, Status};
use random::Random;

const LEASE: Duration = Duration::from_mins(1);
const WALKS: u64 = 40;
const STEPS: usize = 16;

/// A run in the database, and what the model says of it.
struct Both {
    id: RunId,
    row: RunRow,
    now: DateTime<Utc>,
}

impl Both {
    fn timeline(&self) -> Timeline {
        Timeline::begun(self.now)
    }

    /// That of the last claim, or of one before it.
    fn lease(&self, random: &mut Random) -> Lease {
        let before = i64::from(random.small(4) == 0);
        Lease { run: self.id, fence: self.row.fence - before }
    }

    /// Takes one step in both, and compares what they answer.
    async fn step(&mut self, app: &App, random: &mut Random) {
        self.now += TimeDelta::seconds(1);
        match random.small(8) {
            0 | 1 => self.claim(app).await,
            2 => self.heartbeat(app, random).await,
            3 | 4 => self.checkpoint(app, random).await,
            5 => self.settle(app, random).await,
            6 => self.wait(),
            _ => self.others(app, random).await,
        }
        let run = store::get(&mut app.db.read().await.unwrap(), self.id).await.unwrap().unwrap();
        self.compare(&run);
    }

    async fn claim(&mut self, app: &App) {
        let mut tx = app.db.write().await.unwrap();
        let claimed = store_work::claim(&mut tx, self.id, self.now, LEASE).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(claimed.is_some(), self.row.claim(), "claim");
    }

    async fn heartbeat(&mut self, app: &App, random: &mut Random) {
        let lease = self.lease(random);
        let mut tx = app.db.write().await.unwrap();
        let is_ours = store_work::is_ours(&mut tx, lease).await.unwrap();
        assert_eq!(is_ours, self.row.is_ours(lease.fence), "is_ours");
        let timeline = self.timeline();
        let renewed = store_work::heartbeat(&mut tx, lease, &timeline, self.now, LEASE).await;
        tx.commit().await.unwrap();
        assert_eq!(renewed.unwrap(), self.row.heartbeat(lease.fence), "heartbeat");
    }

    async fn checkpoint(&mut self, app: &App, random: &mut Random) {
        let lease = self.lease(random);
        let position = self.row.position + i64::from(random.small(2));
        let sent_until = position + i64::from(random.small(3));
        let progress = random.small(2) == 0;
        let to = Checkpoint {
            position,
            progress,
            sent_until,
            counts: Counts::default(),
            field_warnings: FieldWarnings::default(),
            timeline: self.timeline(),
            requests: RequestSums::default(),
        };
        let mut tx = app.db.write().await.unwrap();
        let written = store_work::checkpoint(&mut tx, lease, &to, self.now, LEASE).await;
        tx.commit().await.unwrap();
        let expected = self.row.checkpoint(lease.fence, position, sent_until, progress);
        assert_eq!(written.unwrap(), expected, "checkpoint");
    }

    async fn settle(&mut self, app: &App, random: &mut Random) {
        let lease = self.lease(random);
        let until = self.now + TimeDelta::minutes(1);
        let reason = Reason::new(ReasonCode::DestinationUnavailable, "");
        let (left, outcome) = match random.small(8) {
            0 => (Left::Ended(Status::Completed), Outcome::Ended(RunStatus::Successful, None)),
            1 | 2 => (Left::Held, Outcome::Held { until, reason }),
            3 | 4 => (
                Left::Released { is_stalled: false },
                Outcome::Released { not_before: self.now, reason: None, stalled: false },
            ),
            _ => (
                Left::Released { is_stalled: true },
                Outcome::Released { not_before: until, reason: Some(reason), stalled: true },
            ),
        };
        let sent_until = (random.small(2) == 0).then_some(self.row.position);
        let mut tx = app.db.write().await.unwrap();
        let timeline = self.timeline();
        let settled = store_work::settle(&mut tx, lease, &outcome, &timeline, sent_until).await;
        tx.commit().await.unwrap();
        assert_eq!(settled.unwrap(), self.row.settle(lease.fence, left, sent_until), "settle");
    }

    /// Until leases have expired and postponed runs are due.
    fn wait(&mut self) {
        self.now += TimeDelta::seconds(90);
        self.row.is_postponed = false;
        if self.row.lease == LeaseState::Valid {
            self.row.lease = LeaseState::Expired;
        }
    }

    async fn others(&mut self, app: &App, random: &mut Random) {
        let mut tx = app.db.write().await.unwrap();
        if random.small(3) == 0 {
            let by = Reason::new(ReasonCode::CanceledByUser, "Ann");
            let is_canceled = store::cancel_queued(&mut tx, self.id, &by, self.now).await.unwrap()
                || store::request_cancel(&mut tx, self.id, &by, self.now).await.unwrap();
            assert_eq!(is_canceled, self.row.cancel(), "cancel");
        } else {
            let due = due(&mut tx, self.now, Duration::ZERO, 10).await.unwrap();
            assert_eq!(due.contains(&self.id), self.row.is_due(), "due");
        }
        tx.commit().await.unwrap();
    }

    fn compare(&self, run: &Run) {
        let status = match run.status {
            RunStatus::Running => Status::Running,
            RunStatus::Successful => Status::Completed,
            RunStatus::Canceled => Status::Canceled,
            _ => Status::Queued,
        };
        let RunRow { cancel_requested, fence, stalls, position, sent_until, .. } = self.row;
        assert_eq!(status, self.row.status);
        assert_eq!(
            (run.cancel_requested, run.fence, run.stalls, run.position, run.sent_until),
            (cancel_requested, fence, stalls, position, sent_until)
        );
        let (is_held, is_postponed) = (run.held_until.is_some(), run.not_before > self.now);
        let is_open = !status.is_ended();
        assert_eq!(is_open && is_held, is_open && self.row.is_held, "held");
        assert_eq!(is_open && is_postponed, is_open && self.row.is_postponed, "postponed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statements_answer_as_the_model_of_the_proof_does() {
    let test = idle().await;
    let export = test.export_of(3).await;
    let app = test.app();
    for seed in 0..WALKS {
        let mut random = Random::new(seed);
        let id = queued(&test, &export).await;
        let mut both = Both { id, row: RunRow::NEW, now: db::now() };
        for _ in 0..STEPS {
            both.step(&app, &mut random).await;
        }
        end(&app, both).await;
    }
}

/// Ends the run, so that the export may have another one.
async fn end(app: &App, mut both: Both) {
    both.wait();
    let mut tx = app.db.write().await.unwrap();
    let by = Reason::new(ReasonCode::CanceledByUser, "Ann");
    store::request_cancel(&mut tx, both.id, &by, both.now).await.unwrap();
    let claimed = store_work::claim(&mut tx, both.id, both.now, LEASE).await.unwrap();
    if let Some(run) = claimed {
        let lease = Lease { run: run.id, fence: run.fence };
        let ended = Outcome::Ended(RunStatus::Canceled, None);
        let timeline = both.timeline();
        assert!(store_work::settle(&mut tx, lease, &ended, &timeline, None).await.unwrap());
    }
    tx.commit().await.unwrap();
}
