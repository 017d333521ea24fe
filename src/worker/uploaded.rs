//! What is known of a batch that was sent: the totals of its answers, and the records that have none.

use std::time::Duration;

use super::refusal::Refusal;
use crate::campaign_monitor::{Error, ImportResult};
use crate::records::batches::{Batch, number};

/// What became of a batch.
pub struct Uploaded {
    /// The batch.
    pub batch: Batch,
    /// New on the list.
    pub created: i64,
    /// On the list before, and updated.
    pub updated: i64,
    /// Refused records.
    pub refusals: Vec<Refusal>,
    /// Why some records have no answer, and which: places in the page.
    pub unanswered: Option<Unanswered>,
    /// HTTP status of the last answer.
    pub http_status: Option<u16>,
    /// Calls made.
    pub attempts: u32,
    /// How long it took.
    pub duration: Duration,
}

/// Records that Campaign Monitor gave no answer for.
#[derive(Default)]
pub struct Unanswered {
    /// What the last try ended with; `None` when the run wound down before there was one.
    pub error: Option<Error>,
    /// Those that may be on the list all the same: places in the page.
    pub in_doubt: Vec<usize>,
    /// Those that surely are not: places in the page.
    pub unsent: Vec<usize>,
}

impl Uploaded {
    /// Nothing is known of the batch yet.
    #[must_use]
    pub const fn nothing(batch: Batch) -> Self {
        Self {
            batch,
            created: 0,
            updated: 0,
            refusals: vec![],
            unanswered: None,
            http_status: None,
            attempts: 0,
            duration: Duration::ZERO,
        }
    }

    /// Adds an answer. Every record that was not refused is on the list; what is not new was there
    /// before, also when Campaign Monitor counts an address once that we count twice. No more records are refused
    /// than were sent, whatever the answer says. `may_repeat` when the run may have sent the records before.
    pub fn count(&mut self, records: &[usize], may_repeat: bool, mut result: ImportResult) {
        result.failure_details.truncate(records.len());
        let taken = number(records.len() - result.failure_details.len());
        let created = result.total_new_subscribers.clamp(0, taken);
        if taken != result.total_new_subscribers + result.total_existing_subscribers {
            tracing::warn!(
                sent = records.len(),
                new = result.total_new_subscribers,
                existing = result.total_existing_subscribers,
                failed = result.failure_details.len(),
                "Campaign Monitor's totals do not add up to what was sent"
            );
        }
        self.created += created;
        self.updated += taken - created;
        let refusal = |failure| Refusal { failure, may_repeat };
        self.refusals.extend(result.failure_details.into_iter().map(refusal));
    }
}
