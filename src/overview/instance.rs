//! An instance in numbers.

use uuid::Uuid;

use crate::db::Time;

/// What operators see of an instance.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct InstanceCounts {
    pub instance_id: Uuid,
    pub paused: bool,
    pub connections: i64,
    /// Whose credentials Campaign Monitor rejects.
    pub connections_refused: i64,
    pub exports: i64,
    pub queued: i64,
    pub running: i64,
    pub oldest_queued_utc: Option<Time>,
    /// Runs of the last 24 hours.
    pub failed: i64,
    pub failed_by_user: i64,
    /// Planned times that have passed without a run.
    pub late: i64,
    pub alerts_open: i64,
}
