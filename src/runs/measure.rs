//! The runs as metrics show them: what the database has, whichever process is asked.

use metrics::gauge;

use super::{RunStatus, store_work};
use crate::db::{self, Db};
use crate::telemetry::measures;

/// Shows how many runs are open and due. They are NaN where the database cannot tell.
pub async fn measure(db: &Db) -> sqlx::Result<()> {
    let counted = count(db).await;
    let [queued, running, due, age] = *counted.as_ref().unwrap_or(&[f64::NAN; 4]);
    gauge!(measures::RUNS_OPEN, "status" => RunStatus::Queued.word()).set(queued);
    gauge!(measures::RUNS_OPEN, "status" => RunStatus::Running.word()).set(running);
    gauge!(measures::RUNS_DUE).set(due);
    gauge!(measures::OLDEST_DUE).set(age);
    counted.map(drop)
}

/// Runs that are queued, running and due, and how many seconds the oldest has been due.
async fn count(db: &Db) -> sqlx::Result<[f64; 4]> {
    let (mut tx, now) = (db.read().await?, db::now());
    let (queued, running) = store_work::open(&mut tx).await?;
    let (due, since) = store_work::backlog(&mut tx, now).await?;
    let [queued, running, due] = [queued, running, due].map(measures::number);
    Ok([queued, running, due, since.map_or(0.0, |since| (now - since).as_seconds_f64())])
}
