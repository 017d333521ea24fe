//! The calls of a run to Campaign Monitor, as they are stored.

use serde::{Deserialize, Serialize};

use crate::db::Time;

/// A call. The columns are explained in the migration.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RunRequest {
    pub number: i64,
    pub attempt: i64,
    pub batch: Option<i64>,
    pub method: String,
    pub path: String,
    pub status: Option<i32>,
    pub failure: Option<String>,
    pub started_utc: Time,
    pub duration_ms: i64,
    pub request_bytes: i64,
    pub response_bytes: i64,
    pub rate_limit: Option<String>,
    pub rate_remaining: Option<String>,
    pub rate_reset: Option<String>,
    pub retry_after: Option<String>,
    pub trace_id: Option<String>,
    pub request_body: Option<String>,
    pub response_body: Option<String>,
}

/// The most calls of a run that are stored which were answered without a rejection.
const CLEAN_MAX: i64 = 20_000;
/// The most that are stored of the others.
const FAILED_MAX: i64 = 5_000;
/// The most whose bodies are stored.
const BODIES_MAX: i64 = 100;

/// How many calls a run has made, and how many of them are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestSums {
    /// By every attempt of the run, also when not stored.
    pub made: i64,
    /// Of these: those that were not answered, or rejected.
    pub failed: i64,
    /// Those that have a row.
    pub stored: i64,
    /// Of these: those that were not answered, or rejected.
    pub stored_failed: i64,
    /// Those that are stored with their bodies.
    pub bodies: i64,
    /// Whether the bodies of a call that sends records are among them.
    pub has_import: bool,
}

impl RequestSums {
    /// Counts a call. Whether it is stored.
    pub(crate) fn count(&mut self, is_failed: bool) -> bool {
        self.made += 1;
        let is_stored = if is_failed {
            self.failed += 1;
            self.stored_failed < FAILED_MAX
        } else {
            self.stored - self.stored_failed < CLEAN_MAX
        };
        if is_stored {
            self.stored += 1;
            self.stored_failed += i64::from(is_failed);
        }
        is_stored
    }

    /// Counts the bodies of a call. Whether they are stored.
    pub(crate) const fn count_bodies(&mut self, is_import: bool) -> bool {
        let is_stored = self.bodies < BODIES_MAX;
        if is_stored {
            self.bodies += 1;
            self.has_import |= is_import;
        }
        is_stored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_counts_and_failures_are_stored_after_very_many_others() {
        let mut sums = RequestSums::default();
        for _ in 0..CLEAN_MAX {
            assert!(sums.count(false));
        }
        assert!(!sums.count(false) && sums.count(true));
        let expected = RequestSums {
            made: CLEAN_MAX + 2,
            failed: 1,
            stored: CLEAN_MAX + 1,
            stored_failed: 1,
            ..RequestSums::default()
        };
        assert_eq!(sums, expected);
        for _ in 0..BODIES_MAX {
            assert!(sums.count_bodies(false));
        }
        assert!(!sums.count_bodies(true) && !sums.has_import);
    }
}
