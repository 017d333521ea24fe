//! What is compared with the baseline of an export to leave out what its list has already.

use std::collections::HashSet;
use std::sync::Arc;

use crate::baselines::{Baseline, HashKind, Index, Known, MemberState};

/// The members that Campaign Monitor has acknowledged, each with one of its hashes.
pub struct Comparison {
    baseline: Baseline,
    index: Arc<Index>,
    hashes: HashKind,
    /// Whether people are sent whom the list refused, because the export did not ask for them to come back before.
    resends_refused: bool,
    /// Keys of people who are active on the list, also of some whom it refused before.
    active: HashSet<u64>,
}

impl Comparison {
    /// By these hashes of an index of this baseline.
    pub fn new(
        baseline: Baseline,
        index: Arc<Index>,
        hashes: HashKind,
        resends_refused: bool,
    ) -> Self {
        Self { baseline, index, hashes, resends_refused, active: HashSet::new() }
    }

    /// The same, where these people are known to be active on the list.
    #[must_use]
    pub fn with_active(&self, active: HashSet<u64>) -> Self {
        let (baseline, index) = (self.baseline.clone(), self.index());
        Self { active, ..Self::new(baseline, index, self.hashes, self.resends_refused) }
    }

    /// Whether the list refused somebody.
    pub fn has_refused(&self) -> bool {
        self.index.iter().any(|known| known.state.is_refused())
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
    pub fn is_acknowledged(&self, key: u64, known: &Known, hash: u64) -> bool {
        let would_refuse = || !self.resends_refused && !self.active.contains(&key);
        let is_as_sent = match known.state {
            MemberState::OnList => true,
            state => state.is_refused() && would_refuse(),
        };
        is_as_sent && known.has_hash(hash)
    }
}
