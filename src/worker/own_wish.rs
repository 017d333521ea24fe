//! People who left the list by their own wish, or to whom mail cannot be delivered. They are not sent again, also by an
//! export that brings everybody back: only a readmission, which names the person and the reason, lets one return.
//!
//! What they wished counts at every address of theirs: a readmission names the one that is sent.
//!
//! Others are rejected by Campaign Monitor itself, so that nobody is read where nobody would be brought back.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::joined::address_hash;
use crate::campaign_monitor::SubscriberState;
use crate::db::{self, Time};
use crate::feedback::AccountClock;
use crate::names::{ExportId, RunId};

/// The clock of the account changes by an hour twice a year, so that a moment of before may be an hour wrong. Who left
/// within that time before a readmission that is not [fresh](FRESH) stays away: they may have left after it.
const CLOCK_CHANGE: TimeDelta = TimeDelta::minutes(61);
/// So long a readmission counts to the second: the clock has hardly changed since.
const FRESH: TimeDelta = TimeDelta::days(1);

/// Who stays away, by hashes of addresses.
#[derive(Clone, Default)]
pub struct StayingAway {
    /// How and when each left.
    pub(super) left: HashMap<u64, (SubscriberState, Time)>,
    /// When each was readmitted last.
    pub(super) readmitted: HashMap<u64, Time>,
}

impl StayingAway {
    /// The state in which somebody left who may not be sent again.
    pub fn state(&self, address: &str) -> Option<SubscriberState> {
        let who = address_hash(address);
        let (state, left) = *self.left.get(&who)?;
        let readmitted = self.readmitted.get(&who);
        (!readmitted.is_some_and(|at| is_later(*at, left, db::now()))).then_some(state)
    }

    /// Whether an address was readmitted since the person left at another one.
    pub fn is_readmitted_since(&self, address: &str, other: &str) -> bool {
        let left = self.left.get(&address_hash(other)).map(|(_, left)| *left);
        let readmitted = self.readmitted.get(&address_hash(address));
        readmitted.zip(left).is_some_and(|(at, left)| is_later(*at, left, db::now()))
    }
}

/// Whether a readmission came surely after somebody had left.
fn is_later(readmitted: Time, left: Time, now: Time) -> bool {
    let doubt = if now - readmitted < FRESH { TimeDelta::zero() } else { CLOCK_CHANGE };
    readmitted > left + doubt
}

/// Who left by their own wish, read again from time to time.
pub struct OwnWish {
    pub(super) export: ExportId,
    pub(super) run: RunId,
    pub(super) read: Mutex<Option<LastRead>>,
}

/// What was read last.
pub struct LastRead {
    pub(super) at: Instant,
    pub(super) clock: AccountClock,
    pub(super) staying: Arc<StayingAway>,
}

impl OwnWish {
    /// Nothing is read before the first call.
    pub fn new(export: ExportId, run: RunId) -> Self {
        Self { export, run, read: Mutex::new(None) }
    }
}
