//! What is compared with the baseline of an export to leave out what its list has already.

use std::sync::Arc;

use crate::baselines::{Baseline, HashKind, Index, Known, MemberState};

/// The members that Campaign Monitor has acknowledged, each with one of its hashes.
pub struct Comparison {
    baseline: Baseline,
    index: Arc<Index>,
    hashes: HashKind,
    /// Whether people are sent whom the list refused, because the export did not ask for them to come back before.
    resends_refused: bool,
    /// Whether the list may have people of whom it does not know: a later run may have sent some.
    is_behind: bool,
}

impl Comparison {
    /// By these hashes of an index of this baseline.
    pub const fn new(
        baseline: Baseline,
        index: Arc<Index>,
        hashes: HashKind,
        resends_refused: bool,
    ) -> Self {
        Self { baseline, index, hashes, resends_refused, is_behind: false }
    }

    /// What is known may have changed since: only a no still counts.
    pub fn behind(self) -> Self {
        Self { is_behind: true, ..self }
    }

    /// Whether the list has nobody of whom this does not know.
    pub const fn is_current(&self) -> bool {
        !self.is_behind
    }

    /// The members, to be read by others too.
    pub fn index(&self) -> Arc<Index> {
        Arc::clone(&self.index)
    }

    pub const fn hashes(&self) -> HashKind {
        self.hashes
    }

    /// By which an address is found.
    pub fn key(&self, address: &str) -> u64 {
        self.baseline.key(address)
    }

    /// What the baseline has for a key.
    pub fn find(&self, key: u64) -> Option<Known> {
        self.index.find(key)
    }

    /// Whether the list has this record of a member, or has refused it and would again.
    pub const fn is_acknowledged(&self, known: &Known, hash: u64) -> bool {
        known.has_hash(hash)
            && match known.state {
                MemberState::OnList => true,
                MemberState::Unsubscribed
                | MemberState::Bounced
                | MemberState::Deleted
                | MemberState::Suppressed
                | MemberState::Unconfirmed
                | MemberState::HeldBack => !self.resends_refused,
                MemberState::Flagged
                | MemberState::DeletedByUs
                | MemberState::UnsubscribedByUs
                | MemberState::FlaggedByUs
                | MemberState::LetGo
                | MemberState::Moved
                | MemberState::InDoubt => false,
            }
    }
}
