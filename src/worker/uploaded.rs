//! What is known of a batch that was sent: the totals of its answers, and the records that have none.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::baselines::ListMember;
use crate::campaign_monitor::{Error, ImportFailure, ImportResult, RefusalCode};
use crate::db::Time;
use crate::records::encoded::EncodedBatch;
use crate::records::integers::to_i64;
use crate::runs::{BatchTimes, RejectionOutcome};

/// A batch, with the answers to its calls.
pub struct Uploaded {
    pub batch: EncodedBatch,
    pub created: i64,
    /// Of these: those whom the baseline does not know. `None` where they were sent together with others.
    pub newcomers_created: Option<i64>,
    /// On the list before, and updated.
    pub updated: i64,
    /// Of both: those whom no answer counted, and who were read back as they were sent.
    pub inferred: i64,
    /// Of these: people whom an earlier run had taken off the list.
    pub resubscribed: i64,
    /// Positions in the page of those of them whom a call brought back, as its answer says.
    pub returned: Vec<usize>,
    pub refused: Vec<RefusedRecord>,
    /// Of the updated: rows whose address was changed, with the members that they were.
    pub changed: BTreeMap<usize, ListMember>,
    /// Rows that are not sent, because the people said no under another address.
    pub held_back: Vec<usize>,
    /// What was found out about old addresses.
    pub learned: Vec<ListMember>,
    /// Whether records that are not new surely were on the list before: no call may have landed without an answer, and
    /// nobody came back.
    pub is_proof: bool,
    pub unanswered: Option<Unanswered>,
    /// HTTP status of the last answer.
    pub http_status: Option<u16>,
    /// Calls made, retries and halves included.
    pub attempts: u32,
    /// When this worker began with it; `None` of a batch that it did not send.
    pub started: Option<Time>,
    /// From then to the last answer.
    pub duration: Duration,
    pub times: BatchTimes,
}

/// A record that Campaign Monitor rejected.
pub struct RefusedRecord {
    pub failure: ImportFailure,
    /// Whether the run may have sent the record before, without an answer.
    pub may_repeat: bool,
}

impl RefusedRecord {
    /// Whether the record is rejected. One that is unconfirmed may be so because this very run put it on a double
    /// opt-in list by a call whose answer never came: then nobody knows.
    pub fn outcome(&self) -> RejectionOutcome {
        if self.may_repeat && self.failure.refusal() == RefusalCode::Unconfirmed {
            RejectionOutcome::InDoubt
        } else {
            RejectionOutcome::Rejected
        }
    }

    pub fn message(&self) -> String {
        let explanation = self.failure.explanation();
        if self.outcome() == RejectionOutcome::InDoubt {
            let doubt = "An earlier call of this run had no answer, and may have put it on the list: nobody knows.";
            return format!("{explanation} {doubt}");
        }
        explanation.into_owned()
    }
}

/// Records that Campaign Monitor gave no answer for, and why. Positions are those in the page.
#[derive(Default)]
pub struct Unanswered {
    /// The error of the last try; `None` when the run drained before there was one.
    pub error: Option<Error>,
    /// Positions of those that may be on the list all the same.
    pub in_doubt: Vec<usize>,
    /// Positions of those that surely are not.
    pub unsent: Vec<usize>,
}

impl Uploaded {
    /// Nothing is known of the batch yet.
    pub const fn unknown(batch: EncodedBatch) -> Self {
        Self {
            batch,
            created: 0,
            newcomers_created: Some(0),
            updated: 0,
            inferred: 0,
            resubscribed: 0,
            returned: vec![],
            refused: vec![],
            changed: BTreeMap::new(),
            held_back: vec![],
            learned: vec![],
            is_proof: true,
            unanswered: None,
            http_status: None,
            attempts: 0,
            started: None,
            duration: Duration::ZERO,
            times: BatchTimes::NONE,
        }
    }

    /// How many people whom the baseline does not know were not on the list before; `None` where no answer proves it.
    pub fn proven_newcomers(&self) -> Option<i64> {
        self.newcomers_created.filter(|_| self.is_proof)
    }

    /// Adds a record that was read back. Whether it was on the list before this run, only its date says.
    pub const fn infer(&mut self, is_new: bool) {
        if is_new {
            self.created += 1;
        } else {
            self.updated += 1;
        }
        self.inferred += 1;
        self.is_proof = false;
    }

    /// Adds an answer about people who are on the list again. They were there before, whatever the answer counts.
    /// Those who are not refused are brought back by us, where the call could bring them back.
    pub fn count_returned(&mut self, records: &[usize], is_ours: bool, mut result: ImportResult) {
        result.total_existing_subscribers += result.total_new_subscribers;
        result.total_new_subscribers = 0;
        let before = self.updated;
        self.count(records, false, result);
        self.resubscribed += self.updated - before;
        self.returned.extend(records.iter().filter(|_| is_ours));
    }

    /// Adds an answer. Every record that was not rejected is on the list; what is not new was there
    /// before, also when Campaign Monitor counts an address once that we count twice. No more records are rejected
    /// than were sent, whatever the answer says. `may_repeat` when the run may have sent the records before.
    /// Returns how many are new.
    pub fn count(&mut self, records: &[usize], may_repeat: bool, mut result: ImportResult) -> i64 {
        result.failure_details.truncate(records.len());
        let accepted = to_i64(records.len() - result.failure_details.len());
        let created = result.total_new_subscribers.clamp(0, accepted);
        if accepted != result.total_new_subscribers + result.total_existing_subscribers {
            tracing::warn!(
                sent = records.len(),
                new = result.total_new_subscribers,
                existing = result.total_existing_subscribers,
                failed = result.failure_details.len(),
                "Campaign Monitor's totals do not add up to what was sent"
            );
        }
        self.created += created;
        self.updated += accepted - created;
        self.is_proof &= !may_repeat;
        let refused = |failure| RefusedRecord { failure, may_repeat };
        self.refused.extend(result.failure_details.into_iter().map(refused));
        created
    }

    /// The same for people whom the baseline does not know.
    pub fn count_newcomers(&mut self, records: &[usize], may_repeat: bool, result: ImportResult) {
        let created = self.count(records, may_repeat, result);
        self.newcomers_created = self.newcomers_created.map(|before| before + created);
    }
}
