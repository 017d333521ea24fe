//! People of an export who said no, by their `CustomerId`: another export to the same list may have another address of
//! theirs.

use std::collections::HashMap;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use xxhash_rust::xxh3::xxh3_64;

use super::baseline::Baseline;
use super::blocking::with_layers;
use super::error::Error;
use super::layer::{ADDRESS, CUSTOMER_ID, KEY, STATE, number_at, only};
use super::merged::Merged;
use super::state::decode;
use crate::storage::{OwnReader, Storage};

/// Hashes (XXH3, 64 bits) of ids, each with those of the addresses, in lower case, at which the person said no. Who has
/// no id is not among them.
#[derive(Debug, Default)]
pub struct SaidNo(HashMap<u64, Vec<u64>>);

impl SaidNo {
    /// Adds those of one export.
    pub async fn add(&mut self, storage: &Storage, baseline: &Baseline) -> Result<(), Error> {
        for (id, address) in with_layers(storage, &baseline.layers.0, read).await? {
            self.0.entry(id).or_default().push(address);
        }
        Ok(())
    }

    /// Whether nobody said no.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them is somebody in this set of hashes of ids.
    pub fn any(&self, is_in: impl Fn(u64) -> bool) -> bool {
        self.0.keys().any(|id| is_in(*id))
    }

    /// Whether the person with this id said no at any address.
    #[must_use]
    pub fn has(&self, customer_id: &str) -> bool {
        self.0.contains_key(&xxh3_64(customer_id.as_bytes()))
    }

    /// Whether the person with this id said no at an address that is not this one, in lower case. What they said at
    /// this one the list tells, and whether they came back.
    #[must_use]
    pub fn has_at_another(&self, customer_id: &str, address: &str) -> bool {
        let address = xxh3_64(address.as_bytes());
        let addresses = self.0.get(&xxh3_64(customer_id.as_bytes()));
        addresses.is_some_and(|all| all.iter().any(|one| *one != address))
    }
}

fn read(layers: Vec<OwnReader>) -> Result<Vec<(u64, u64)>, Error> {
    let mut merged = Merged::open(layers, &only(&[KEY, STATE, ADDRESS, CUSTOMER_ID]))?;
    let mut all = Vec::new();
    while let Some((_, (said_no, id, address))) = merged.next_row(hashes)? {
        if said_no {
            all.push((id, address));
        }
    }
    Ok(all)
}

/// Whether somebody with an id said no, and then the hashes of id and address; `None` of a row that cannot have been
/// written so.
fn hashes(batch: &RecordBatch, row: usize) -> Option<(bool, u64, u64)> {
    let (state, _) = decode(number_at(batch, STATE, row))?;
    let text = |column: &str| batch[column].as_string::<i32>().value(row);
    let (id, address) = (text(CUSTOMER_ID), text(ADDRESS));
    if !state.is_no() || id.is_empty() {
        return Some((false, 0, 0));
    }
    Some((true, xxh3_64(id.as_bytes()), xxh3_64(address.to_ascii_lowercase().as_bytes())))
}
