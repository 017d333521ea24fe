//! Whom an export has taken off its list: read for the other exports to the same list, where these people may come
//! back. Only those are kept in memory.

use std::collections::HashMap;

use super::baseline::Baseline;
use super::blocking::with_layers;
use super::error::Error;
use super::layer::{KEY, STATE, number_at, only};
use super::member::key;
use super::merged::Merged;
use super::state::{MemberState, decode};
use crate::storage::{OwnReader, Storage};

/// The people of one baseline whom this service has deleted or unsubscribed.
#[derive(Debug)]
pub struct RemovedPeople {
    seed: u64,
    /// By the keys of their addresses.
    states: HashMap<u64, MemberState>,
}

impl RemovedPeople {
    /// Reads the states of all members, and keeps those.
    pub async fn load(storage: &Storage, baseline: &Baseline) -> Result<Self, Error> {
        let states = with_layers(storage, &baseline.layers.0, read).await?;
        Ok(Self { seed: baseline.seed(), states })
    }

    /// How this service left somebody; `None` of others.
    #[must_use]
    pub fn find(&self, address: &str) -> Option<MemberState> {
        self.states.get(&key(address, self.seed)).copied()
    }
}

fn read(layers: Vec<OwnReader>) -> Result<HashMap<u64, MemberState>, Error> {
    let mut merged = Merged::open(layers, &only(&[KEY, STATE]))?;
    let mut states = HashMap::new();
    while let Some((key, state)) = merged
        .next_row(|batch, row| decode(number_at(batch, STATE, row)).map(|(state, _)| state))?
    {
        if state.is_removed_by_us() {
            states.insert(key, state);
        }
    }
    Ok(states)
}
