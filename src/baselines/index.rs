//! Every member of a baseline in memory: 16 bytes each, found by the key of its address, and at most
//! one for the table that says where the search begins.

use std::ops::Range;

use super::baseline::Baseline;
use super::blocking::with_layers;
use super::error::Error;
use super::layer::{CONTENT, KEY, RECORD, STATE, number_in, only};
use super::merged::Merged;
use super::starts::Starts;
use super::state::{MemberOrigin, MemberState, STATE_BITS, decode};
use crate::storage::{OwnReader, Storage};

/// Keys of which the smaller ones are counted, which takes no decision for each. Of more a search halves them.
const COUNTED_MAX: usize = 32;

/// Which hash of its members an index keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashKind {
    /// Of the mapped values, as they were read.
    Content,
    /// Of the record, as it was sent.
    Record,
}

/// A member that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its position in the order of keys, from 0: that of [`members`](super::members()) too.
    pub slot: usize,
    /// What it is to its list.
    pub state: MemberState,
    /// Who put it on the list.
    pub origin: MemberOrigin,
    hash: u64,
}

impl Known {
    /// Whether this is its hash. The upper six bits are not kept: by chance one of 10¹⁷ other hashes passes for
    /// it.
    #[must_use]
    pub const fn has_hash(&self, hash: u64) -> bool {
        hash << STATE_BITS == self.hash << STATE_BITS
    }
}

#[derive(Clone, Copy)]
struct Entry {
    key: u64,
    /// The hash, and in the lower bits the state.
    tagged: u64,
}

impl Entry {
    const fn new(key: u64, hash: u64, state: u64) -> Self {
        Self { key, tagged: hash << STATE_BITS | state }
    }

    fn known(self, slot: usize) -> Option<Known> {
        let (state, origin) = decode(self.tagged & ((1 << STATE_BITS) - 1))?;
        Some(Known { slot, state, origin, hash: self.tagged >> STATE_BITS })
    }
}

/// The members of a baseline.
pub struct Index {
    /// In the order of keys, each once.
    entries: Vec<Entry>,
    starts: Starts,
}

impl Index {
    fn new(entries: Vec<Entry>) -> Self {
        let starts = Starts::of(entries.iter().map(|entry| entry.key));
        Self { entries, starts }
    }

    /// Reads the numbers of all members, with one of their hashes.
    pub async fn load(
        storage: &Storage,
        baseline: &Baseline,
        hashes: HashKind,
    ) -> Result<Self, Error> {
        let (members, layers) = (baseline.members, &baseline.layers.0);
        let read = move |layers| read(layers, hashes, usize::try_from(members).unwrap_or(0));
        let entries = with_layers(storage, layers, read).await?;
        baseline.check_members(entries.len())?;
        Ok(Self::new(entries))
    }

    /// How many members there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no members.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The member with this key ([`Baseline::key`]).
    #[must_use]
    pub fn find(&self, key: u64) -> Option<Known> {
        let slot = self.slot(key)?;
        self.entries[slot].known(slot)
    }

    /// The members with these keys, in the order of the keys. One after the other they would wait for the memory; so
    /// many searches are under way at a time.
    #[must_use]
    pub fn find_each(&self, keys: &[u64]) -> Vec<Option<Known>> {
        let near: Vec<_> = keys.iter().map(|key| self.starts.near(*key)).collect();
        let found = keys.iter().zip(near).map(|(key, near)| {
            let slot = self.slot_in(*key, near)?;
            self.entries[slot].known(slot)
        });
        found.collect()
    }

    fn slot(&self, key: u64) -> Option<usize> {
        self.slot_in(key, self.starts.near(key))
    }

    fn slot_in(&self, key: u64, near: Range<usize>) -> Option<usize> {
        let (start, entries) = (near.start, &self.entries[near]);
        let below = if entries.len() <= COUNTED_MAX {
            entries.iter().filter(|entry| entry.key < key).count()
        } else {
            entries.partition_point(|entry| entry.key < key)
        };
        entries.get(below).filter(|entry| entry.key == key).map(|_| start + below)
    }

    /// Every member, in the order of slots.
    pub fn iter(&self) -> impl Iterator<Item = Known> {
        self.entries.iter().enumerate().filter_map(|(slot, entry)| entry.known(slot))
    }

    /// The memory that it takes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>() + self.starts.bytes()
    }
}

/// At most one more than `members`: then there are too many.
fn read(layers: Vec<OwnReader>, hashes: HashKind, members: usize) -> Result<Vec<Entry>, Error> {
    let column = match hashes {
        HashKind::Content => CONTENT,
        HashKind::Record => RECORD,
    };
    let mut merged = Merged::open(layers, &only(&[KEY, column, STATE]))?;
    let mut entries = Vec::with_capacity(members);
    while entries.len() <= members {
        // The columns keep their order: the key, a hash, the state.
        let row = merged.next_row(|batch, row| {
            let state = number_in(batch, 2, row);
            decode(state).map(|_| (number_in(batch, 1, row), state))
        })?;
        let Some((key, (hash, state))) = row else { break };
        entries.push(Entry::new(key, hash, state));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::Config;

    use super::*;

    fn index(keys: impl IntoIterator<Item = u64>) -> Index {
        Index::new(keys.into_iter().map(|key| Entry::new(key, !key, 0)).collect())
    }

    fn slots(index: &Index, keys: &[u64]) -> Vec<Option<usize>> {
        keys.iter().map(|key| index.find(*key).map(|known| known.slot)).collect()
    }

    #[test]
    fn the_first_and_the_last_key_of_all_are_found() {
        let found =
            |keys: &[u64]| slots(&index(keys.iter().copied()), &[0, 1, 9, u64::MAX - 1, u64::MAX]);
        assert_eq!(found(&[]), [None; 5]);
        assert_eq!(found(&[0]), [Some(0), None, None, None, None]);
        assert_eq!(found(&[u64::MAX]), [None, None, None, None, Some(0)]);
        assert_eq!(found(&[0, 9, u64::MAX]), [Some(0), None, Some(1), None, Some(2)]);
        assert_eq!(found(&[1, u64::MAX - 1]), [None, Some(0), None, Some(1), None]);
    }

    #[test]
    fn keys_that_stand_together_are_found_as_quickly() {
        let clusters = [0, 1 << 20, u64::MAX / 2, u64::MAX - 20_000];
        let keys: Vec<u64> = clusters.into_iter().flat_map(|start| start..start + 10_000).collect();
        let index = index(keys.iter().copied());
        for (slot, key) in keys.iter().enumerate() {
            assert_eq!(index.find(*key).unwrap().slot, slot);
        }
        let others = clusters.map(|start| start + 10_000);
        assert_eq!(slots(&index, &others), [None; 4]);
    }

    #[test]
    fn a_million_members_take_at_most_seventeen_bytes_each() {
        let index = index(0..1_000_000);
        assert!(2 * index.bytes() <= 34 * index.len(), "{}", index.bytes());
    }

    #[test]
    fn another_hash_is_not_taken_for_the_one_that_is_kept() {
        for hash in [0, 1, 1 << 57, u64::MAX, 0x1234_5678_9abc_def0] {
            let known = Entry::new(7, hash, 0).known(0).unwrap();
            assert!(known.has_hash(hash));
            assert!((0..58).all(|bit| !known.has_hash(hash ^ (1 << bit))), "{hash:x}");
        }
    }

    proptest! {
        #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

        #[test]
        fn exactly_what_is_there_is_found(
            keys in prop::collection::btree_set(any::<u64>(), 0..200),
            near in prop::collection::btree_set(0..300_u64, 0..200),
            others in prop::collection::vec(prop_oneof![any::<u64>(), 0..300_u64], 100),
        ) {
            let keys: Vec<u64> = near.union(&keys).copied().collect();
            let index = index(keys.iter().copied());
            for key in keys.iter().chain(&others) {
                let expected = keys.binary_search(key).ok();
                prop_assert_eq!(index.find(*key).map(|known| known.slot), expected);
                prop_assert_eq!(index.find_each(&[*key]), [index.find(*key)]);
            }
            let slots: Vec<_> = index.iter().map(|known| known.slot).collect();
            prop_assert_eq!(slots, (0..keys.len()).collect::<Vec<_>>());
        }
    }
}
