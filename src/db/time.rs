//! The clock, and the stamps of stored objects.

use chrono::{DateTime, SubsecRound, Utc};

/// A point in time as both engines keep it: UTC, microseconds.
pub type Time = DateTime<Utc>;

/// The time, cut to the microseconds that `PostgreSQL` stores, so that a value read back is equal.
#[must_use]
pub fn now() -> Time {
    Utc::now().trunc_subsecs(6)
}

/// Who made and last changed a stored object, and how often it changed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Stamps {
    /// Rises by one with every change; the `ETag`.
    pub version: i64,
    /// Subject of the caller that made it.
    pub created_by: String,
    /// When it was made.
    pub created_utc: Time,
    /// Subject of the caller that changed it last.
    pub updated_by: String,
    /// When it was changed last.
    pub updated_utc: Time,
}
