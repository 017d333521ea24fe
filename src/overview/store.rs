//! SQL that counts what has not ended, over all instances.

use sqlx::Result;

use crate::db::{ReadHandle, Time};
use crate::sql;

/// Runs that have not ended, at `now`.
#[derive(Clone, Copy, Debug, Default, sqlx::FromRow)]
pub struct OpenRuns {
    /// Without those that wait for an approval.
    pub queued: i64,
    pub awaiting_approval: i64,
    pub running: i64,
    /// Running, and their lease has ended: their worker is gone.
    pub leases_ended: i64,
    /// Since when the oldest queued run has waited.
    pub oldest_queued_utc: Option<Time>,
}

pub async fn open_runs(tx: &mut ReadHandle, now: Time) -> Result<OpenRuns> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT COUNT(CASE WHEN status = 'queued' AND held_until IS NULL THEN 1 END) AS queued,
                 COUNT(CASE WHEN held_until IS NOT NULL THEN 1 END) AS awaiting_approval,
                 COUNT(CASE WHEN status = 'running' THEN 1 END) AS running,
                 COUNT(CASE WHEN status = 'running' AND lease_until < $1 THEN 1 END) AS leases_ended,
                 MIN(CASE WHEN status = 'queued' AND held_until IS NULL THEN submitted_utc END) AS oldest_queued_utc
             FROM runs WHERE status IN ('queued', 'running')",
        )
        .bind(now)
        .fetch_one(db)
        .await
    })
}

/// How many instances are paused.
pub async fn paused(tx: &mut ReadHandle) -> Result<i64> {
    sql!(tx, |db| sqlx::query_scalar("SELECT COUNT(*) FROM pauses").fetch_one(db).await)
}
