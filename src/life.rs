//! Signs of life: when the parts of this process last did their work.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

/// Of the parts that nobody calls, so that nobody notices when they stop.
#[derive(Debug, Default)]
pub struct SignsOfLife {
    /// Planned times were acted on.
    pub scheduler: LastSign,
    /// Alerts were judged, and messages that were due are on their way.
    pub notifier: LastSign,
}

/// When something was done last; never yet at first.
#[derive(Debug, Default)]
pub struct LastSign(Mutex<Option<DateTime<Utc>>>);

impl LastSign {
    pub fn give(&self, now: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    #[must_use]
    pub fn last(&self) -> Option<DateTime<Utc>> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
