//! What is compared with the baseline of an export to leave out what its list has already.

use std::collections::HashSet;
use std::sync::Arc;

use super::integers::to_i64;
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
    /// Keys of people who are active on the list, also of some whom it refused before.
    active: HashSet<u64>,
    /// Keys of people who may come back since the list refused them.
    readmitted: Arc<HashSet<u64>>,
}

impl Comparison {
    /// By these hashes of an index of this baseline.
    pub fn new(
        baseline: Baseline,
        index: Arc<Index>,
        hashes: HashKind,
        resends_refused: bool,
    ) -> Self {
        let (is_behind, active, readmitted) = (false, HashSet::new(), Arc::default());
        Self { baseline, index, hashes, resends_refused, is_behind, active, readmitted }
    }

    /// What is known may have changed since: only a no still counts.
    pub fn behind(self) -> Self {
        Self { is_behind: true, ..self }
    }

    /// Whether the list has nobody of whom this does not know.
    pub const fn is_current(&self) -> bool {
        !self.is_behind
    }

    /// The same, where these people are known to be active on the list.
    #[must_use]
    pub fn with_active(&self, active: HashSet<u64>) -> Self {
        let (baseline, index) = (self.baseline.clone(), self.index());
        let new = Self::new(baseline, index, self.hashes, self.resends_refused);
        let readmitted = self.readmitted.clone();
        Self { active, is_behind: self.is_behind, readmitted, ..new }
    }

    /// The same, where these people may come back since the list refused them.
    #[must_use]
    pub fn with_readmitted(&self, readmitted: Arc<HashSet<u64>>) -> Self {
        Self { readmitted, ..self.with_active(self.active.clone()) }
    }

    /// How many people are on the list, as far as is known.
    pub fn on_list(&self) -> i64 {
        let is_on_list =
            |known: &Known| matches!(known.state, MemberState::OnList | MemberState::FlaggedByUs);
        to_i64(self.index.iter().filter(is_on_list).count())
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

    /// The same for many keys.
    pub fn find_each(&self, keys: &[u64]) -> Vec<Option<Known>> {
        self.index.find_each(keys)
    }

    /// Whether the list has this record of a member, or has refused it and would again.
    pub fn is_acknowledged(&self, key: u64, known: &Known, hash: u64) -> bool {
        let is_active = || self.active.contains(&key);
        let is_readmitted = self.readmitted.contains(&key);
        let is_as_sent = match known.state {
            MemberState::OnList => true,
            MemberState::HeldBack => !self.resends_refused && !is_readmitted,
            state => state.is_refused() && !self.resends_refused && !is_readmitted && !is_active(),
        };
        is_as_sent && known.has_hash(hash)
    }
}
