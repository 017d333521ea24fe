//! Metrics of planned times, as the database has them: the same in every process.

use chrono::TimeDelta;
use metrics::gauge;

use super::planned_time::ExpectationStatus;
use super::store;
use crate::db::{Db, Time};
use crate::telemetry::measures;

/// Sets the gauges of the planned times of the last day.
pub async fn measure(db: &Db, now: Time) -> sqlx::Result<()> {
    let counted = store::count(&mut db.read().await?, now - TimeDelta::days(1), now).await?;
    for (status, count) in ExpectationStatus::ALL.into_iter().zip(counted) {
        gauge!(measures::PLANNED_TIMES, "outcome" => status.word())
            .set(measures::gauge_value(count));
    }
    Ok(())
}
