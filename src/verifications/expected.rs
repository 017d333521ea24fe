//! What a run should have left on the list, in 16 bytes a member: which addresses, and a hash of what each has.
//!
//! Addresses are found by a seeded hash, so that nobody can prepare two that pass for one. Whatever order the list
//! comes in, a member is met once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::campaign_monitor::SentForm;

/// The lower bits of a tag: what is expected.
const KIND_BITS: u32 = 2;
/// The bits above: which members are compared.
const SHAPE_BITS: u32 = 22;
/// The rest: the hash of their values. By chance one of 10¹¹ other values passes for what was sent.
const HASH_SHIFT: u32 = KIND_BITS + SHAPE_BITS;
/// The shape of records of which no value is compared: there are too many shapes.
const NO_SHAPE: u64 = 0;

/// What a run says about a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Acknowledged: on the list, with what was sent.
    OnList,
    /// Sent without an answer.
    InDoubt,
    /// Campaign Monitor rejected it, or is known to do so.
    Refused,
}

/// The members of a run, and which of them were met on the list.
pub struct Expected {
    seed: u64,
    /// In the order of keys, each once.
    entries: Vec<Entry>,
    shapes: Vec<Vec<u16>>,
    /// A bit for each entry.
    met: Vec<AtomicU64>,
}

/// Takes members in any order.
pub struct ExpectedBuilder {
    seed: u64,
    entries: Vec<Entry>,
    shapes: Vec<Vec<u16>>,
    by_shape: HashMap<Vec<u16>, u64>,
}

#[derive(Clone, Copy)]
struct Entry {
    key: u64,
    tag: u64,
}

/// A member that was met on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Met {
    /// Its position, in the order of keys.
    pub slot: usize,
    pub expectation: Expectation,
    /// Whether it was met for the first time.
    pub is_first: bool,
    /// Whether the list has what was sent.
    pub is_as_sent: bool,
}

impl ExpectedBuilder {
    /// With room for so many members.
    #[must_use]
    pub fn with_room(members: usize, seed: u64) -> Self {
        let shapes = vec![vec![]];
        Self { seed, entries: Vec::with_capacity(members), shapes, by_shape: HashMap::new() }
    }

    /// A member with its address.
    pub fn add(&mut self, address: &str, form: &SentForm, expectation: Expectation) {
        let shape = self.shape(&form.shape);
        let kind = match expectation {
            Expectation::OnList => 0,
            Expectation::InDoubt => 1,
            Expectation::Refused => 2,
        };
        let tag = form.hash << HASH_SHIFT | shape << KIND_BITS | kind;
        self.entries.push(Entry { key: key(address, self.seed), tag });
    }

    fn shape(&mut self, shape: &[u16]) -> u64 {
        if let Some(known) = self.by_shape.get(shape) {
            return *known;
        }
        let next = self.shapes.len() as u64;
        if next >> SHAPE_BITS != 0 {
            return NO_SHAPE;
        }
        self.shapes.push(shape.to_vec());
        self.by_shape.insert(shape.to_vec(), next);
        next
    }

    #[must_use]
    pub fn finish(self) -> Expected {
        let Self { seed, mut entries, shapes, .. } = self;
        entries.sort_unstable_by_key(|entry| entry.key);
        entries.dedup_by_key(|entry| entry.key);
        let met = (0..entries.len().div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Expected { seed, entries, shapes, met }
    }
}

impl Expected {
    /// Meets the person with this address, of whom `stored` makes the hash of the members that it is given. `None`: no
    /// member.
    pub fn meet(&self, address: &str, stored: impl FnOnce(&[u16]) -> u64) -> Option<Met> {
        let slot = self.slot(address)?;
        let tag = self.entries[slot].tag;
        let shape = tag >> KIND_BITS & ((1 << SHAPE_BITS) - 1);
        let members = &self.shapes[usize::try_from(shape).unwrap_or_default()];
        let is_as_sent =
            shape == NO_SHAPE || stored(members) << HASH_SHIFT == tag >> HASH_SHIFT << HASH_SHIFT;
        let bit = 1 << (slot % 64);
        let is_first = self.met[slot / 64].fetch_or(bit, Ordering::Relaxed) & bit == 0;
        Some(Met { slot, expectation: expectation(tag), is_first, is_as_sent })
    }

    /// What is expected of the person with this address who was not met; `None` when they were, or are no member.
    #[must_use]
    pub fn unmet(&self, address: &str) -> Option<Expectation> {
        let slot = self.slot(address).filter(|slot| !self.is_met(*slot))?;
        Some(expectation(self.entries[slot].tag))
    }

    fn is_met(&self, slot: usize) -> bool {
        self.met[slot / 64].load(Ordering::Relaxed) & 1 << (slot % 64) != 0
    }

    /// How many should be on the list, or may be, and were not met.
    #[must_use]
    pub fn count_unmet(&self) -> usize {
        let is_refused =
            |slot: &usize| expectation(self.entries[*slot].tag) == Expectation::Refused;
        (0..self.entries.len()).filter(|slot| !self.is_met(*slot) && !is_refused(slot)).count()
    }

    fn slot(&self, address: &str) -> Option<usize> {
        let key = key(address, self.seed);
        self.entries.binary_search_by_key(&key, |entry| entry.key).ok()
    }
}

const fn expectation(tag: u64) -> Expectation {
    match tag & ((1 << KIND_BITS) - 1) {
        0 => Expectation::OnList,
        1 => Expectation::InDoubt,
        _ => Expectation::Refused,
    }
}

/// The case of letters in an address makes no difference.
fn key(address: &str, seed: u64) -> u64 {
    xxh3_64_with_seed(address.trim().to_ascii_lowercase().as_bytes(), seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(hash: u64) -> SentForm {
        SentForm { shape: vec![1, 3], hash }
    }

    fn expected(members: &[(&str, u64, Expectation)]) -> Expected {
        let mut builder = ExpectedBuilder::with_room(members.len(), 7);
        for (address, hash, expectation) in members {
            builder.add(address, &form(*hash), *expectation);
        }
        builder.finish()
    }

    #[test]
    fn a_member_is_met_in_any_case_once_and_compared_by_its_shape() {
        let all = expected(&[("Ann@Example.com", 9, Expectation::OnList)]);
        let shape = |shape: &[u16]| {
            assert_eq!(shape, [1, 3]);
            9
        };
        let met = all.meet("ann@example.COM", shape).unwrap();
        assert_eq!((met.is_first, met.is_as_sent), (true, true));
        let met = all.meet("ann@example.com", |_| 8).unwrap();
        assert_eq!((met.is_first, met.is_as_sent), (false, false));
        assert_eq!(all.meet("bob@example.com", |_| 9), None);
    }

    #[test]
    fn who_was_not_met_is_known_with_what_was_expected() {
        let people = [
            ("ann@example.com", 1, Expectation::OnList),
            ("bob@example.com", 2, Expectation::InDoubt),
            ("eve@example.com", 3, Expectation::Refused),
        ];
        let all = expected(&people);
        assert_eq!(all.count_unmet(), 2, "the list need not have who was refused");
        for (address, hash, expectation) in people {
            assert_eq!(all.unmet(address), Some(expectation));
            assert_eq!(all.meet(address, |_| hash).map(|met| met.expectation), Some(expectation));
            assert_eq!(all.unmet(address), None);
        }
        assert_eq!((all.count_unmet(), all.unmet("joe@example.com")), (0, None));
    }

    #[test]
    fn a_million_members_take_sixteen_bytes_each_and_a_bit() {
        assert_eq!(size_of::<Entry>(), 16);
    }
}
