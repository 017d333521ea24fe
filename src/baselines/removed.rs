//! People of an export who are off its list for one reason: those whom it has removed, for the other exports to the
//! same list, where these people may come back, and those who were never sent. Only those are kept in memory.

use std::collections::HashMap;

use arrow_array::RecordBatch;

use super::baseline::Baseline;
use super::blocking::with_layers;
use super::error::Error;
use super::layer::{KEY, RUN, STATE, number_at, only, run_at};
use super::member::key;
use super::merged::Merged;
use super::state::{MemberState, decode};
use crate::names::RunId;
use crate::storage::{OwnReader, Storage};

/// The people of one baseline in some states.
#[derive(Debug)]
pub struct OffListPeople {
    seed: u64,
    /// By the keys of their addresses, each with the last run that had an answer about the person.
    states: HashMap<u64, (MemberState, RunId)>,
}

impl OffListPeople {
    /// Reads the states of all members, and keeps those whom this service has deleted or unsubscribed.
    pub async fn removed(storage: &Storage, baseline: &Baseline) -> Result<Self, Error> {
        Self::load(storage, baseline, MemberState::is_removed_by_us).await
    }

    /// The same of those who were never sent, because they said no under another address.
    pub async fn held_back(storage: &Storage, baseline: &Baseline) -> Result<Self, Error> {
        Self::load(storage, baseline, |state| state == MemberState::HeldBack).await
    }

    /// The same of those whom the list refused.
    pub async fn refused(storage: &Storage, baseline: &Baseline) -> Result<Self, Error> {
        Self::load(storage, baseline, MemberState::is_refused).await
    }

    async fn load(
        storage: &Storage,
        baseline: &Baseline,
        is_sought: fn(MemberState) -> bool,
    ) -> Result<Self, Error> {
        let read = move |layers| read(layers, is_sought);
        let states = with_layers(storage, &baseline.layers.0, read).await?;
        Ok(Self { seed: baseline.seed(), states })
    }

    /// By which an address is found.
    #[must_use]
    pub fn key(&self, address: &str) -> u64 {
        key(address, self.seed)
    }

    /// The state of one of them, and the last run with an answer; `None` of others.
    #[must_use]
    pub fn find(&self, address: &str) -> Option<(MemberState, RunId)> {
        self.states.get(&key(address, self.seed)).copied()
    }
}

fn read(
    layers: Vec<OwnReader>,
    is_sought: fn(MemberState) -> bool,
) -> Result<HashMap<u64, (MemberState, RunId)>, Error> {
    let mut merged = Merged::open(layers, &only(&[KEY, STATE, RUN]))?;
    let mut states = HashMap::new();
    while let Some((key, (state, run))) = merged.next_row(state_and_run)? {
        if is_sought(state) {
            states.insert(key, (state, run));
        }
    }
    Ok(states)
}

fn state_and_run(batch: &RecordBatch, row: usize) -> Option<(MemberState, RunId)> {
    let (state, _) = decode(number_at(batch, STATE, row))?;
    Some((state, run_at(batch, row)?))
}
