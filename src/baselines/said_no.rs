//! People who said no to an export, by their `CustomerId`: another address of theirs may be in the segments, also in
//! those of another export to the same list.

use std::collections::HashMap;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use xxhash_rust::xxh3::xxh3_64;

use super::baseline::Baseline;
use super::blocking::with_layers;
use super::error::Error;
use super::layer::{ADDRESS, CUSTOMER_ID, KEY, RUN, SINCE, STATE, number_at, only, since_at};
use super::merged::Merged;
use super::state::{MemberState, decode};
use crate::db::Time;
use crate::names::RunId;
use crate::storage::{OwnReader, Storage};

/// Hashes (XXH3, 64 bits) of ids, each with the nos of the person. Who has no id is not among them.
#[derive(Debug, Default)]
pub struct SaidNo {
    people: HashMap<u64, Vec<No>>,
    /// Whether only the wish of the person counts, and not that somebody deleted them.
    counts_wishes_only: bool,
    /// When somebody was readmitted, by hashes of addresses in lower case.
    readmitted: HashMap<u64, Time>,
    ends: RunEnds,
}

/// When runs ended that may have found something after somebody was readmitted.
#[derive(Debug, Default)]
pub struct RunEnds(HashMap<RunId, Option<Time>>);

impl RunEnds {
    /// Of every run that ended since the first readmission; `None` of those that are open.
    #[must_use]
    pub fn of(ends: impl IntoIterator<Item = (RunId, Option<Time>)>) -> Self {
        Self(ends.into_iter().collect())
    }

    /// Whether a run had surely ended by then. Of one that is not named only the begin is known.
    #[must_use]
    pub fn is_before(&self, run: RunId, time: Time) -> bool {
        match self.0.get(&run) {
            Some(end) => end.is_some_and(|end| end < time),
            None => run.made_ms().is_some_and(|made| made < time.timestamp_millis()),
        }
    }
}

/// A no at one address.
#[derive(Clone, Copy, Debug)]
struct No {
    /// The hash of the address, in lower case.
    address: u64,
    /// The run since which it is known.
    since: RunId,
}

/// The hash by which an address is known here.
#[must_use]
pub fn no_hash(address: &str) -> u64 {
    xxh3_64(address.to_lowercase().as_bytes())
}

impl SaidNo {
    /// For exports that bring people back: only their own wish counts, until an address is readmitted (hashes by
    /// [`no_hash`]).
    #[must_use]
    pub fn of_wishes(readmitted: HashMap<u64, Time>, ends: RunEnds) -> Self {
        Self { counts_wishes_only: true, readmitted, ends, ..Self::default() }
    }

    /// Adds those of one export.
    pub async fn add(&mut self, storage: &Storage, baseline: &Baseline) -> Result<(), Error> {
        let counts =
            if self.counts_wishes_only { MemberState::is_own_wish } else { MemberState::is_no };
        let work = move |layers| read(layers, counts);
        for (id, no) in with_layers(storage, &baseline.layers.0, work).await? {
            self.people.entry(id).or_default().push(no);
        }
        Ok(())
    }

    /// Whether nobody said no.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Whether one of them is somebody in this set of hashes of ids.
    pub fn any(&self, is_in: impl Fn(u64) -> bool) -> bool {
        self.people.keys().any(|id| is_in(*id))
    }

    /// Whether the person with this id said no at any address.
    #[must_use]
    pub fn has(&self, customer_id: &str) -> bool {
        self.people.contains_key(&xxh3_64(customer_id.as_bytes()))
    }

    /// Whether the person with this id said no at an address that is not this one, and was not readmitted at this one
    /// since. What they said at this one the list tells, and whether they came back.
    #[must_use]
    pub fn has_at_another(&self, customer_id: &str, address: &str) -> bool {
        let address = no_hash(address);
        let readmitted = self.readmitted.get(&address);
        let is_over = |no: &No| readmitted.is_some_and(|at| self.ends.is_before(no.since, *at));
        let counts = |no: &No| no.address != address && !is_over(no);
        let nos = self.people.get(&xxh3_64(customer_id.as_bytes()));
        nos.is_some_and(|all| all.iter().any(counts))
    }
}

/// Whether a state is a no that counts.
type Counts = fn(MemberState) -> bool;

fn read(layers: Vec<OwnReader>, counts: Counts) -> Result<Vec<(u64, No)>, Error> {
    let columns = only(&[KEY, STATE, RUN, ADDRESS, CUSTOMER_ID, SINCE]);
    let mut merged = Merged::open(layers, &columns)?;
    let mut all = Vec::new();
    while let Some((_, found)) = merged.next_row(|batch, row| no_at(batch, row, counts))? {
        all.extend(found);
    }
    Ok(all)
}

/// The hash of the id of somebody who has one and said no, and the no; empty of others. `None` of a row that cannot
/// have been written so.
fn no_at(batch: &RecordBatch, row: usize, counts: Counts) -> Option<Vec<(u64, No)>> {
    let (state, _) = decode(number_at(batch, STATE, row))?;
    let text = |column: &str| batch[column].as_string::<i32>().value(row);
    let (id, address) = (text(CUSTOMER_ID), text(ADDRESS));
    if !counts(state) || id.is_empty() {
        return Some(vec![]);
    }
    let no = No { address: no_hash(address), since: since_at(batch, row)? };
    Some(vec![(xxh3_64(id.as_bytes()), no)])
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use uuid::timestamp::{Timestamp, context::NoContext};

    use super::*;

    fn time(second: i64) -> Time {
        Time::from_timestamp(second, 0).unwrap()
    }

    fn run_made_at(second: u64) -> RunId {
        RunId(Uuid::new_v7(Timestamp::from_unix(NoContext, second, 0)))
    }

    #[test]
    fn a_readmission_is_later_than_a_no_only_once_the_run_that_found_it_had_ended() {
        let (held, open, forgotten) = (run_made_at(100), run_made_at(101), run_made_at(102));
        let ends = RunEnds::of([(held, Some(time(500))), (open, None)]);
        assert!(!ends.is_before(held, time(300)), "it was made before, and found the no later");
        assert!(ends.is_before(held, time(501)));
        assert!(!ends.is_before(open, time(501)));
        assert!(ends.is_before(forgotten, time(103)) && !ends.is_before(forgotten, time(102)));
    }
}
