//! Finds a few members of a baseline and reads little of it: an address where it stands in the order of keys, and a
//! `CustomerId` in the row groups whose filter may have it. Layers of an older version have no filters: they are read.

use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;

use super::baseline::Baseline;
use super::blocking::with_layers;
use super::error::Error;
use super::layer::{CUSTOMER_ID, KEY, LayerRows, SCHEMA, number_at, only};
use super::member::{ListMember, key};
use crate::names::RunId;
use crate::storage::{self, OwnBatches, OwnReader, Storage};

/// A member that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundMember {
    /// As the newest layer has it.
    pub member: ListMember,
    /// The run since which the member has its state, or the first run that is known to have found it so.
    pub since: RunId,
}

/// Members with one `CustomerId`, and whether all members had to be read for them.
#[derive(Debug, Default)]
pub struct FoundByCustomer {
    /// In no order.
    pub members: Vec<FoundMember>,
    /// Whether a layer has no filters.
    pub is_scanned: bool,
}

/// The members with these addresses, in any case of ASCII letters.
pub async fn find_addresses(
    storage: &Storage,
    baseline: &Baseline,
    addresses: &[String],
) -> Result<Vec<FoundMember>, Error> {
    let seed = baseline.seed();
    let keys: Vec<_> = addresses.iter().map(|address| baseline.key(address)).collect();
    with_layers(storage, &baseline.layers.0, move |layers| find_keys(&layers, seed, keys)).await
}

/// The members with a `CustomerId`: more than one where it has been under several addresses.
pub async fn find_customer(
    storage: &Storage,
    baseline: &Baseline,
    customer_id: &str,
) -> Result<FoundByCustomer, Error> {
    let (seed, id) = (baseline.seed(), customer_id.to_owned());
    let find = move |layers: Vec<OwnReader>| {
        let (keys, is_scanned) = keys_of(&layers, &id)?;
        let mut members = find_keys(&layers, seed, keys)?;
        members.retain(|found| found.member.customer_id == id);
        Ok(FoundByCustomer { members, is_scanned })
    };
    with_layers(storage, &baseline.layers.0, find).await
}

/// The newest row of each of these keys that there is.
fn find_keys(
    layers: &[OwnReader],
    seed: u64,
    mut keys: Vec<u64>,
) -> Result<Vec<FoundMember>, Error> {
    keys.sort_unstable();
    keys.dedup();
    let mut found = Vec::new();
    for layer in layers.iter().rev() {
        let rows = in_layer(layer, &keys).map_err(|cause| Error::of_object(layer.path(), cause))?;
        keys.retain(|key| rows.binary_search_by_key(key, |(known, _)| *known).is_err());
        for (key, row) in rows {
            let row = row.filter(|row| key_of(row, seed) == key);
            found.push(row.ok_or_else(|| Error::damaged(layer.path()))?);
        }
    }
    Ok(found)
}

fn key_of(found: &FoundMember, seed: u64) -> u64 {
    key(&found.member.address, seed)
}

/// A key, and its row; `None` of one that cannot have been written so.
type FoundRow = (u64, Option<FoundMember>);

/// Those of these keys, which are in order, that a layer has.
fn in_layer(layer: &OwnReader, keys: &[u64]) -> Result<Vec<FoundRow>, storage::Error> {
    if keys.is_empty() {
        return Ok(vec![]);
    }
    let numbers = layer.clone().batches(&only(&[KEY]))?;
    let (mut rows, mut all) = (Vec::new(), None);
    let mut group: Option<(usize, LayerRows)> = None;
    for key in keys {
        let Some((at, row)) = position(&numbers, *key)? else { continue };
        let rest = match &mut all {
            Some(all) => all,
            None => all.insert(layer.clone().batches(&SCHEMA)?),
        };
        let read = match &group {
            Some((known, read)) if *known == at => read,
            _ => &group.insert((at, LayerRows::of(rest.at(at)?))).1,
        };
        rows.push((*key, found(read, row)));
    }
    Ok(rows)
}

fn found(rows: &LayerRows, row: usize) -> Option<FoundMember> {
    Some(FoundMember { member: rows.member(row)?, since: rows.since(row)? })
}

/// The row group of a key, and its row there. Keys are spread evenly, so that the first guess is nearly always right.
fn position(numbers: &OwnBatches, key: u64) -> Result<Option<(usize, usize)>, storage::Error> {
    let (mut low, mut high) = (0, numbers.group_count());
    let mut guess = share(high, key);
    while low < high {
        let batch = numbers.at(guess)?;
        let keys = batch[KEY].as_primitive::<UInt64Type>().values();
        match (keys.first(), keys.last()) {
            (Some(first), _) if key < *first => high = guess,
            (_, Some(last)) if key > *last => low = guess + 1,
            _ => return Ok(keys.binary_search(&key).ok().map(|row| (guess, row))),
        }
        guess = low.midpoint(high);
    }
    Ok(None)
}

/// The part of `count` that a key is of all keys: below `count`, unless that is 0.
fn share(count: usize, key: u64) -> usize {
    usize::try_from((count as u128 * u128::from(key)) >> u64::BITS).unwrap_or(0)
}

/// The keys of all rows that have a `CustomerId`, also of old ones, and whether a layer had to be read for them.
fn keys_of(layers: &[OwnReader], id: &str) -> Result<(Vec<u64>, bool), Error> {
    let (mut keys, mut is_scanned) = (Vec::new(), false);
    for layer in layers {
        let read = keys_in(layer, id, &mut keys);
        is_scanned |= read.map_err(|cause| Error::of_object(layer.path(), cause))?;
    }
    Ok((keys, is_scanned))
}

fn keys_in(layer: &OwnReader, id: &str, keys: &mut Vec<u64>) -> Result<bool, storage::Error> {
    let batches = layer.clone().batches(&only(&[KEY, CUSTOMER_ID]))?;
    let groups = batches.groups_with(CUSTOMER_ID, id)?;
    let is_scanned = groups.is_none();
    for group in groups.unwrap_or_else(|| (0..batches.group_count()).collect()) {
        let batch = batches.at(group)?;
        let ids = batch[CUSTOMER_ID].as_string::<i32>();
        let rows = (0..batch.num_rows()).filter(|row| ids.value(*row) == id);
        keys.extend(rows.map(|row| number_at(&batch, KEY, row)));
    }
    Ok(is_scanned)
}
