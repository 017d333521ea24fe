//! How the records of a run are known again, and what is known of their people.

use std::collections::HashSet;
use std::sync::Arc;

use super::comparison::Comparison;
use super::hasher::Hasher;
use crate::baselines::{MemberOrigin, MemberState, OffListPeople};
use crate::names::RunId;

/// How records are known again.
#[derive(Clone)]
pub struct Marking {
    pub hasher: Hasher,
    /// Nothing is left out without it.
    pub comparison: Option<Arc<Comparison>>,
    /// What tells who is known where nothing is left out.
    pub lookup: Option<Arc<Comparison>>,
    /// People whom other exports to the list have taken off it, where they may come back.
    pub elsewhere: Arc<[OffListPeople]>,
    /// Whether these are all of them.
    pub knows_elsewhere: bool,
    /// The same of the export itself; `None` also where it is unknown.
    pub here: Option<Arc<OffListPeople>>,
    /// People who were never sent because of a no under another address, where nothing else tells who is known.
    pub held_back: Option<Arc<OffListPeople>>,
    /// Keys of people who may be sent again, because somebody readmitted them after they had said no.
    pub readmitted: Arc<HashSet<u64>>,
    /// Whether somebody emptied the list: then everybody who is sent is new there, and only the baseline knows who said
    /// no.
    pub is_emptied: bool,
    /// The run that sends them; nil for a preview.
    pub run: RunId,
}

impl Marking {
    /// What tells who is known.
    pub fn known(&self) -> Option<&Arc<Comparison>> {
        self.comparison.as_ref().or(self.lookup.as_ref())
    }

    /// Whether the list has nobody of whom this does not know.
    pub(super) fn is_current(&self) -> bool {
        self.known().is_some_and(|known| known.is_current())
    }

    /// For records that nobody needs to know again.
    pub fn none() -> Self {
        Self {
            hasher: Hasher::unused(),
            comparison: None,
            lookup: None,
            elsewhere: Arc::default(),
            knows_elsewhere: false,
            held_back: None,
            here: None,
            readmitted: Arc::default(),
            is_emptied: false,
            run: RunId(uuid::Uuid::nil()),
        }
    }

    /// What the baseline has of an address.
    pub(super) fn state_of(&self, address: &str) -> Option<MemberState> {
        match self.known() {
            Some(known) => known.find(known.key(address)).map(|known| known.state),
            None => Some(self.held_back.as_ref()?.find(address)?.0),
        }
    }

    /// Whether a no of somebody at this address is over.
    pub(super) fn is_readmitted(&self, address: &str) -> bool {
        if self.readmitted.is_empty() {
            return false;
        }
        let key = self.known().map(|known| known.key(address));
        let key = key.or_else(|| Some(self.held_back.as_ref()?.key(address)));
        key.is_some_and(|key| self.readmitted.contains(&key))
    }

    /// Whether somebody whom this service put on the list has stayed there since the export let them go: no export has
    /// taken them off.
    pub(super) fn is_still_ours(&self, address: &str) -> bool {
        let known = self.known().and_then(|known| known.find(known.key(address)));
        let is_let_go = known.is_some_and(|known| {
            known.state == MemberState::LetGo && known.origin == MemberOrigin::Ours
        });
        let is_removed = || self.elsewhere.iter().any(|removed| removed.find(address).is_some());
        is_let_go && self.is_current() && self.knows_elsewhere && !is_removed()
    }

    /// How this service took somebody off the list, and by which run where that is known. Of several exports the last
    /// one counts. Nobody was taken off whom this export knows otherwise, also where it has fallen behind since.
    pub(super) fn removal(
        &self,
        address: &str,
        state: Option<MemberState>,
    ) -> Option<(MemberState, Option<RunId>)> {
        let own = state.filter(|state| state.is_removed_by_us());
        let is_possible = match state {
            None | Some(MemberState::LetGo | MemberState::FlaggedByUs) => true,
            Some(_) => own.is_some() && self.is_current(),
        };
        let run = self.here.as_ref().and_then(|here| here.find(address)).map(|(_, run)| run);
        let elsewhere = self.elsewhere.iter().filter_map(|removed| removed.find(address));
        let elsewhere = elsewhere.map(|(state, run)| (state, Some(run)));
        let all = own.map(|state| (state, run)).into_iter().chain(elsewhere);
        all.filter(|_| is_possible).max_by_key(|(_, run)| run.map(|run| run.0))
    }
}
