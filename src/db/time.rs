//! The clock, and the stamps of stored objects.

use chrono::{DateTime, SubsecRound, Utc};
use uuid::{NoContext, Timestamp, Uuid};

/// A point in time as both engines keep it: UTC, microseconds.
pub type Time = DateTime<Utc>;

/// The time, cut to the microseconds that `PostgreSQL` stores, so that a value read back is equal.
#[must_use]
pub fn now() -> Time {
    Utc::now().trunc_subsecs(6)
}

/// An id of version 7 as it is made at this time: ids are in the order of their times.
#[must_use]
pub fn id_at(time: Time) -> Uuid {
    let seconds = u64::try_from(time.timestamp()).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, time.timestamp_subsec_nanos()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_the_order_of_their_times() {
        let at = |minute: i64| DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).unwrap();
        let ids: Vec<_> = (0..50).map(|minute| id_at(at(minute))).collect();
        assert!(ids.is_sorted_by(|one, next| one < next));
    }
}
