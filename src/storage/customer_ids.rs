//! The rule that every member has a unique `CustomerId`.
//!
//! Ids are compared by hashes of 128 bits: a collision is less likely than a broken disk. They are sorted externally,
//! in parts that fit into memory and are then merged from the disk, so that duplicates come one after the other. So
//! memory does not grow with the number of members, and every duplicate is found.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::vec::IntoIter;

use xxhash_rust::xxh3::xxh3_128;

use super::{error::Error, field::CUSTOMER_ID, limits::ID_CHARS_MAX};

/// How many ids are sorted in memory: three megabytes.
const PART_ENTRIES: usize = 128 << 10;
/// How many ids of a part are written at once, and read at once when the parts are merged.
const CHUNK_ENTRIES: usize = 1 << 10;
const ENTRY_BYTES: usize = size_of::<Entry>();

/// The hash of an id in two halves, and the position of its member: entries sort by id and then by position.
type Entry = [u64; 3];

/// A member whose id another one has.
#[derive(Clone, Copy)]
struct Duplicate {
    position: u64,
    /// The position of the first member with the id.
    first: u64,
}

/// The ids seen so far.
pub(super) struct CustomerIds {
    to_error: fn(u64, String) -> Error,
    /// What positions count; `None` where they say nothing to people.
    unit: Option<&'static str>,
    recent: Vec<Entry>,
    part_entries: usize,
    /// Sorted parts of equal length, one after the other.
    parts: Option<File>,
    part_count: u64,
}

impl CustomerIds {
    /// `to_error` makes an error of the position of a member, which counts `unit`, and a message.
    pub(super) fn new(
        to_error: fn(u64, String) -> Error,
        unit: impl Into<Option<&'static str>>,
    ) -> Self {
        Self::in_parts(to_error, unit.into(), PART_ENTRIES)
    }

    fn in_parts(
        to_error: fn(u64, String) -> Error,
        unit: Option<&'static str>,
        part_entries: usize,
    ) -> Self {
        Self { to_error, unit, recent: Vec::new(), part_entries, parts: None, part_count: 0 }
    }

    /// Adds the id of a member, or reports that it has none. Positions ascend.
    pub(super) fn add(&mut self, id: Option<&str>, position: u64) -> Result<(), Error> {
        let id = require(id).map_err(|message| (self.to_error)(position, message))?;
        // Blanks around an id are no part of it wherever it is read.
        let [high, low] = halves(xxh3_128(id.trim().as_bytes()));
        self.recent.push([high, low, position]);
        if self.recent.len() == self.part_entries {
            self.spill().map_err(Error::unavailable)?;
        }
        Ok(())
    }

    /// After the last member: reports the first duplicate.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.recent.sort_unstable();
        match self.first_duplicate().map_err(Error::unavailable)? {
            None => Ok(()),
            Some(Duplicate { position, first }) => {
                let first = self.unit.map(|unit| format!(" of {unit} {first}")).unwrap_or_default();
                let message =
                    format!("duplicate {CUSTOMER_ID}{first}; every member must have a unique one");
                Err((self.to_error)(position, message))
            }
        }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.recent.sort_unstable();
        let file = match &mut self.parts {
            Some(file) => file,
            parts => parts.insert(tempfile::tempfile()?),
        };
        for chunk in self.recent.chunks(CHUNK_ENTRIES) {
            let bytes: Vec<u8> = chunk.iter().flatten().flat_map(|n| n.to_le_bytes()).collect();
            file.write_all(&bytes)?;
        }
        self.part_count += 1;
        self.recent.clear();
        Ok(())
    }

    fn first_duplicate(&mut self) -> io::Result<Option<Duplicate>> {
        let recent = SortedPart {
            file: None,
            unread: 0..0,
            ahead: std::mem::take(&mut self.recent).into_iter(),
        };
        let mut parts: Vec<_> = self.stored_parts().chain([recent]).collect();
        let mut heads = BinaryHeap::new();
        for (index, part) in parts.iter_mut().enumerate() {
            heads.extend(part.next()?.map(|entry| Reverse((entry, index))));
        }
        let (mut last, mut first_duplicate): (_, Option<Duplicate>) = (None, None);
        while let Some(Reverse(([high, low, position], index))) = heads.pop() {
            let known = last.filter(|(id, _)| *id == [high, low]);
            if let Some((_, first)) = known
                && first_duplicate.is_none_or(|earlier| position < earlier.position)
            {
                first_duplicate = Some(Duplicate { position, first });
            }
            last = known.or(Some(([high, low], position)));
            heads.extend(parts[index].next()?.map(|entry| Reverse((entry, index))));
        }
        Ok(first_duplicate)
    }

    fn stored_parts(&self) -> impl Iterator<Item = SortedPart<'_>> {
        let length = self.part_entries as u64;
        (0..self.part_count).map(move |part| SortedPart {
            file: self.parts.as_ref(),
            unread: part * length..(part + 1) * length,
            ahead: vec![].into_iter(),
        })
    }
}

/// A sorted part, of which some entries are read ahead.
struct SortedPart<'a> {
    file: Option<&'a File>,
    unread: std::ops::Range<u64>,
    ahead: IntoIter<Entry>,
}

impl SortedPart<'_> {
    fn next(&mut self) -> io::Result<Option<Entry>> {
        if let (0, Some(file)) = (self.ahead.len(), self.file) {
            let count = (CHUNK_ENTRIES as u64).min(self.unread.end - self.unread.start);
            self.ahead = read(file, self.unread.start, count)?.into_iter();
            self.unread.start += count;
        }
        Ok(self.ahead.next())
    }
}

fn read(file: &File, from: u64, count: u64) -> io::Result<Vec<Entry>> {
    let mut bytes = vec![[[0; 8]; 3]; usize::try_from(count).unwrap_or_default()];
    file.read_exact_at(bytes.as_flattened_mut().as_flattened_mut(), from * ENTRY_BYTES as u64)?;
    Ok(bytes.into_iter().map(|entry| entry.map(u64::from_le_bytes)).collect())
}

fn halves(hash: u128) -> [u64; 2] {
    let bytes = hash.to_be_bytes();
    let (high, low) = bytes.split_at(8);
    [high, low].map(|half| half.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}

/// An id must not be empty, and not longer than what lists of rejected profiles can show.
pub(super) fn require(id: Option<&str>) -> Result<&str, String> {
    let id = id
        .filter(|id| !id.trim().is_empty())
        .ok_or_else(|| format!("{CUSTOMER_ID} is empty; every member must have one"))?;
    require_short(id).map(|()| id)
}

/// An id that is as long as one may be, or empty.
pub(super) fn require_short(id: &str) -> Result<(), String> {
    if id.len() <= ID_CHARS_MAX || id.chars().count() <= ID_CHARS_MAX {
        return Ok(());
    }
    Err(format!("{CUSTOMER_ID} is longer than {ID_CHARS_MAX} characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error for these ids, sorted in parts of four.
    fn refusal(ids: impl IntoIterator<Item = u64>) -> Option<String> {
        let mut customer_ids = CustomerIds::in_parts(Error::invalid, Some("line"), 4);
        for (line, id) in (1..).zip(ids) {
            customer_ids.add(Some(&id.to_string()), line).unwrap();
        }
        customer_ids.finish().err().map(|error| error.to_string())
    }

    #[test]
    fn an_id_has_a_letter_at_least_and_two_hundred_at_most() {
        let (longest, longer) = ("ā".repeat(200), "ā".repeat(201));
        for (id, expected) in [
            (None, Some("CustomerId is empty; every member must have one")),
            (Some(" "), Some("CustomerId is empty; every member must have one")),
            (Some("1"), None),
            (Some(longest.as_str()), None),
            (Some(longer.as_str()), Some("CustomerId is longer than 200 characters")),
        ] {
            assert_eq!(require(id).err().as_deref(), expected);
        }
    }

    #[test]
    fn a_duplicate_id_is_found_however_far_away_and_the_first_is_reported() {
        for members in [0, 1, 4, 5, 1000] {
            assert_eq!(refusal(0..members), None, "{members}");
        }
        for (ids, line, first) in [
            (vec![7, 7], 2, 1),
            (vec![7, 7, 7], 2, 1),
            (vec![1, 2, 3, 4, 5, 6, 1], 7, 1),
            (vec![1, 2, 3, 4, 4], 5, 4),
            (vec![5, 1, 2, 3, 2, 1, 5, 5], 5, 3),
        ] {
            let message = refusal(ids).unwrap();
            let expected = format!("line {line}: duplicate CustomerId of line {first};");
            assert!(message.starts_with(&expected), "{message}");
        }
        let mut padded = CustomerIds::new(Error::invalid, "line");
        for (line, id) in (1..).zip(["1", " 1"]) {
            padded.add(Some(id), line).unwrap();
        }
        assert!(padded.finish().is_err(), "blanks make no other id");
        let far = (0..10_000).chain([0, 9_999]);
        assert!(refusal(far).unwrap().starts_with("line 10001: "));
    }
}
