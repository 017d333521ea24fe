//! Metrics of runs, and of the connections they need. The gauges come from the database, so every process reports the
//! same. The counters are of this process: the service has the sum over its processes.

use std::io;
use std::time::Duration;

use metrics::{counter, gauge};
use tokio::time::timeout;

use super::batch::BatchStatus;
use super::counts::{Counts, ProfileOutcome};
use super::reason::Reason;
use super::status::RunStatus;
use super::store_waiting;
use crate::db::{self, Db, Time};
use crate::names::Culprit;
use crate::telemetry::measures;
use crate::{connections, exports, schedules};

/// How long the database may take to count: Prometheus waits ten seconds by default.
const COUNT_MAX: Duration = Duration::from_secs(5);

/// Sets the gauges of open and due runs, of planned times that passed, and of connections that block some runs. They
/// are NaN when the database does not answer.
pub async fn measure(db: &Db) -> sqlx::Result<()> {
    let counted = timeout(COUNT_MAX, count(db)).await;
    let counted = counted.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()));
    let [queued, running, due, age, overdue, refused] = *counted.as_ref().unwrap_or(&[f64::NAN; 6]);
    gauge!(measures::RUNS_OPEN, "status" => RunStatus::Queued.word()).set(queued);
    gauge!(measures::RUNS_OPEN, "status" => RunStatus::Running.word()).set(running);
    gauge!(measures::RUNS_DUE).set(due);
    gauge!(measures::OLDEST_DUE).set(age);
    gauge!(measures::PLANNED_OVERDUE).set(overdue);
    gauge!(measures::CONNECTIONS_REFUSED).set(refused);
    counted.map(drop)
}

/// Queued, running and due runs, the age of the oldest due run and of the oldest planned time that passed, in seconds,
/// and connections that need attention.
async fn count(db: &Db) -> sqlx::Result<[f64; 6]> {
    let (mut tx, now) = (db.read().await?, db::now());
    let (queued, running) = store_waiting::open(&mut tx).await?;
    let (due, since) = store_waiting::backlog(&mut tx, now).await?;
    let export = exports::store_planned::earliest(&mut tx).await?;
    let refresh = schedules::store::earliest(&mut tx).await?;
    let refused = connections::store::count_refused(&mut tx).await?;
    let [queued, running, due, refused] =
        [queued, running, due, refused].map(measures::gauge_value);
    let age = |since: Option<Time>| since.map_or(0.0, |since| (now - since).as_seconds_f64());
    let overdue = age(export.into_iter().chain(refresh).min()).max(0.0);
    Ok([queued, running, due, age(since), overdue, refused])
}

/// Every counter exists from the start, at zero.
pub fn start() {
    for status in RunStatus::ENDED {
        for culprit in [None].into_iter().chain(Culprit::ALL.map(Some)) {
            count_ended(status, culprit, 0);
        }
    }
    for status in BatchStatus::ALL {
        batch_written(status, 0);
    }
    profiles_processed(&Counts::default(), 0);
    connections::start_counting();
}

/// Counts a run that ended; its reason says who can do something about it.
pub fn run_ended(status: RunStatus, reason: Option<&Reason>) {
    count_ended(status, reason.map(|reason| reason.culprit), 1);
}

fn count_ended(status: RunStatus, culprit: Option<Culprit>, runs: u64) {
    let culprit = culprit.map_or("none", Culprit::word);
    counter!(measures::RUNS_ENDED, "status" => status.word(), "culprit" => culprit).increment(runs);
}

pub fn batch_written(status: BatchStatus, batches: u64) {
    counter!(measures::BATCHES, "status" => status.word()).increment(batches);
}

/// Counts profiles that have an outcome. `external`: those of the rejected ones that nobody of the instance can do
/// anything about.
pub fn profiles_processed(counts: &Counts, external: i64) {
    for outcome in ProfileOutcome::ALL {
        let profiles = outcome.of(counts);
        let by_culprit = if outcome == ProfileOutcome::Rejected {
            let by_user = (profiles - external).max(0);
            vec![(Culprit::User.word(), by_user), (Culprit::External.word(), external)]
        } else {
            vec![("none", profiles)]
        };
        for (culprit, profiles) in by_culprit {
            counter!(measures::PROFILES, "outcome" => outcome.word(), "culprit" => culprit)
                .increment(profiles.unsigned_abs());
        }
    }
}
