//! A process of the service, as it says of itself.

use uuid::Uuid;

use crate::db::Time;

/// A row of the table `processes`. The columns are explained in the migration.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ServiceProcess {
    /// Made when the process starts; its log begins with it.
    pub id: Uuid,
    pub parts: String,
    pub version: String,
    pub started_utc: Time,
    pub seen_utc: Time,
    pub scheduled_utc: Option<Time>,
    pub notified_utc: Option<Time>,
}
