//! The two hashes by which a record is known again: of the values as they were read, and of the record as it is sent.

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::campaign_monitor::SubscriberState;
use crate::names::RunId;

/// Stands in place of the length of a value that is not there.
const NOTHING: u32 = u32::MAX;

/// Makes the hashes of one baseline and one form of records.
#[derive(Clone, Copy, Debug)]
pub struct Hasher {
    seed: u64,
    /// Contents that are read for records of another form have other hashes.
    salt: u64,
}

/// The hashes of a record, and whether the baseline knows its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact that stands for itself")]
pub struct RecordHashes {
    /// Of the values as they were read, `CustomerId` and address included.
    pub content: u64,
    /// Of the record as it is sent.
    pub record: u64,
    /// False also where nothing was compared.
    pub is_known: bool,
    /// Whether it knows the person as one who is off the list.
    pub has_left: bool,
    /// Whether the person is not sent because of a no that only the baseline knows.
    pub is_held_back: bool,
    /// Whether this service put the person on the list, and they stayed there while the export had let them go.
    pub is_still_ours: bool,
    /// The state in which an earlier run, also of another export, took the person off the list; `None` of others.
    pub left_as: Option<SubscriberState>,
    /// That run; `None` also where it is unknown.
    pub left_by: Option<RunId>,
}

impl RecordHashes {
    /// Whether nothing is known of the person.
    pub const fn is_newcomer(&self) -> bool {
        !self.is_known && self.left_as.is_none()
    }
}

impl Hasher {
    /// `fingerprint` says how records are made.
    pub fn new(seed: i64, fingerprint: &str) -> Self {
        let seed = seed.cast_unsigned();
        Self { seed, salt: xxh3_64_with_seed(fingerprint.as_bytes(), seed) }
    }

    /// For records that are not compared.
    pub const fn unused() -> Self {
        Self { seed: 0, salt: 0 }
    }

    /// The contents of some rows.
    pub fn contents(&self, page: &RecordBatch, rows: &[usize]) -> Vec<u64> {
        let columns: Vec<_> = page.columns().iter().map(AsArray::as_string::<i32>).collect();
        let mut bytes = Vec::new();
        let content = |row: &usize| {
            bytes.clear();
            for column in &columns {
                let value = column.is_valid(*row).then(|| column.value(*row));
                let length = value.map_or(NOTHING, |value| u32::try_from(value.len()).unwrap_or(0));
                bytes.extend_from_slice(&length.to_le_bytes());
                bytes.extend_from_slice(value.unwrap_or_default().as_bytes());
            }
            xxh3_64_with_seed(&bytes, self.salt)
        };
        rows.iter().map(content).collect()
    }

    /// The hash of a record.
    pub fn record(&self, bytes: &[u8]) -> u64 {
        xxh3_64_with_seed(bytes, self.seed)
    }

    /// The hash of everything that is sent in a batch, which is the same in every attempt of a run.
    pub fn body(bytes: &[u8]) -> i64 {
        xxh3_64(bytes).cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, StringArray};

    use super::*;

    fn content(hasher: Hasher, values: &[Option<&str>]) -> u64 {
        let column = |value: Option<&str>| Arc::new(StringArray::from(vec![value])) as ArrayRef;
        let columns = values.iter().copied().enumerate();
        let columns = columns.map(|(name, value)| (name.to_string(), column(value), true));
        let page = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        hasher.contents(&page, &[0])[0]
    }

    #[test]
    fn contents_differ_when_a_value_moves_vanishes_or_is_read_for_another_form() {
        let hasher = Hasher::new(7, "one");
        let same = content(hasher, &[Some("1"), Some("ann@example.com"), None]);
        assert_eq!(content(hasher, &[Some("1"), Some("ann@example.com"), None]), same);
        let others = [
            content(hasher, &[Some("1"), Some("ann@example.com"), Some("")]),
            content(hasher, &[Some("1a"), Some("nn@example.com"), None]),
            content(hasher, &[Some("1"), Some("Ann@example.com"), None]),
            content(Hasher::new(7, "other"), &[Some("1"), Some("ann@example.com"), None]),
            content(Hasher::new(8, "one"), &[Some("1"), Some("ann@example.com"), None]),
        ];
        assert!(others.iter().all(|other| *other != same), "{others:?}");
    }
}
