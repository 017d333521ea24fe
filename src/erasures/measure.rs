//! Metrics of erasures. They come from the database, so every process reports the same.

use std::io;
use std::time::Duration;

use metrics::gauge;
use tokio::time::timeout;

use super::store;
use crate::db::{self, Db};
use crate::telemetry::measures;

/// How long the database may take to count: Prometheus waits ten seconds by default.
const COUNT_MAX: Duration = Duration::from_secs(5);

/// Sets the gauges of open and overdue erasures. They are NaN when the database does not answer.
pub async fn measure(db: &Db) -> sqlx::Result<()> {
    let now = db::now();
    let count = async { store::count_open(&mut db.read().await?, now).await };
    let counted = timeout(COUNT_MAX, count).await;
    let counted = counted.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()));
    let [open, overdue, oldest] = counted.as_ref().map_or([f64::NAN; 3], |counted| {
        let age = counted.oldest_utc.map_or(0, |oldest| (now - oldest).num_seconds().max(0));
        [counted.open, counted.overdue, age].map(measures::gauge_value)
    });
    gauge!(measures::ERASURES_OPEN).set(open);
    gauge!(measures::ERASURES_OVERDUE).set(overdue);
    gauge!(measures::OLDEST_ERASURE).set(oldest);
    counted.map(drop)
}
