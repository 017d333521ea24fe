//! The rule that every member has a `CustomerId` of its own.
//!
//! Ids are known by 128 bits each: two that fall together are less likely than a broken disk. They are sorted, a part in
//! memory at a time and the parts on the disk, and ids that stand side by side then are the same; so memory does not grow
//! with the number of members, and whatever comes twice is found.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::vec::IntoIter;

use xxhash_rust::xxh3::xxh3_128;

use super::{CUSTOMER_ID, Error};

/// How many ids are sorted in memory, in three megabytes.
const PART_ENTRIES: usize = 128 << 10;
/// How many ids of a part are written and, when the parts are merged, read at once.
const AHEAD_ENTRIES: usize = 1 << 10;
const ENTRY_BYTES: usize = size_of::<Entry>();

/// The hash of an id in two halves, and the place of its member, so that they sort by id and then by place.
type Entry = [u64; 3];

/// The customers seen so far.
pub(super) struct Customers {
    tell: fn(u64, String) -> Error,
    recent: Vec<Entry>,
    part_entries: usize,
    /// Sorted parts of equal length, one after the other.
    parts: Option<File>,
    part_count: u64,
}

impl Customers {
    /// None yet; `tell` says what is wrong with the member at a place.
    pub(super) fn new(tell: fn(u64, String) -> Error) -> Self {
        Self::in_parts(tell, PART_ENTRIES)
    }

    fn in_parts(tell: fn(u64, String) -> Error, part_entries: usize) -> Self {
        Self { tell, recent: Vec::new(), part_entries, parts: None, part_count: 0 }
    }

    /// Lets a member in, or says that it has no id. Places rise.
    pub(super) fn admit(&mut self, id: Option<&str>, place: u64) -> Result<(), Error> {
        let id = require(id).map_err(|message| (self.tell)(place, message))?;
        let [high, low] = halves(xxh3_128(id.as_bytes()));
        self.recent.push([high, low, place]);
        if self.recent.len() == self.part_entries {
            self.put_aside().map_err(Error::unavailable)?;
        }
        Ok(())
    }

    /// After the last member: says which was the first whose id came before.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.recent.sort_unstable();
        match self.first_repeated().map_err(Error::unavailable)? {
            None => Ok(()),
            Some(place) => {
                let message =
                    format!("this {CUSTOMER_ID} came before; every member must have its own");
                Err((self.tell)(place, message))
            }
        }
    }

    fn put_aside(&mut self) -> io::Result<()> {
        self.recent.sort_unstable();
        let file = match &mut self.parts {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        for some in self.recent.chunks(AHEAD_ENTRIES) {
            let bytes: Vec<u8> = some.iter().flatten().flat_map(|n| n.to_le_bytes()).collect();
            file.write_all(&bytes)?;
        }
        self.part_count += 1;
        self.recent.clear();
        Ok(())
    }

    /// Walks over all ids in their order.
    fn first_repeated(&mut self) -> io::Result<Option<u64>> {
        let recent =
            Part { file: None, unread: 0..0, ahead: std::mem::take(&mut self.recent).into_iter() };
        let mut parts: Vec<_> = self.stored_parts().chain([recent]).collect();
        let mut heads = BinaryHeap::new();
        for (index, part) in parts.iter_mut().enumerate() {
            heads.extend(part.next()?.map(|entry| Reverse((entry, index))));
        }
        let (mut last, mut repeated) = (None, None);
        while let Some(Reverse(([high, low, place], index))) = heads.pop() {
            if last == Some([high, low]) {
                repeated = Some(repeated.map_or(place, |first: u64| first.min(place)));
            }
            last = Some([high, low]);
            heads.extend(parts[index].next()?.map(|entry| Reverse((entry, index))));
        }
        Ok(repeated)
    }

    fn stored_parts(&self) -> impl Iterator<Item = Part<'_>> {
        let length = self.part_entries as u64;
        (0..self.part_count).map(move |part| Part {
            file: self.parts.as_ref(),
            unread: part * length..(part + 1) * length,
            ahead: vec![].into_iter(),
        })
    }
}

/// A sorted part, read some entries at a time.
struct Part<'a> {
    file: Option<&'a File>,
    unread: std::ops::Range<u64>,
    ahead: IntoIter<Entry>,
}

impl Part<'_> {
    fn next(&mut self) -> io::Result<Option<Entry>> {
        if let (0, Some(file)) = (self.ahead.len(), self.file) {
            let count = (AHEAD_ENTRIES as u64).min(self.unread.end - self.unread.start);
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

/// The id of a member, which must not be empty.
pub(super) fn require(id: Option<&str>) -> Result<&str, String> {
    id.filter(|id| !id.trim().is_empty())
        .ok_or_else(|| format!("{CUSTOMER_ID} is empty; every member must have one"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong with these ids, in parts of four.
    fn refusal(ids: impl IntoIterator<Item = u64>) -> Option<String> {
        let mut customers = Customers::in_parts(Error::invalid, 4);
        for (place, id) in (1..).zip(ids) {
            customers.admit(Some(&id.to_string()), place).unwrap();
        }
        customers.finish().err().map(|error| error.to_string())
    }

    #[test]
    fn an_id_that_comes_again_is_found_however_far_away_and_the_first_is_told() {
        for members in [0, 1, 4, 5, 1000] {
            assert_eq!(refusal(0..members), None, "{members}");
        }
        for (ids, line) in [
            (vec![7, 7], 2),
            (vec![1, 2, 3, 4, 5, 6, 1], 7),
            (vec![1, 2, 3, 4, 4], 5),
            (vec![5, 1, 2, 3, 2, 1, 5, 5], 5),
        ] {
            let said = refusal(ids).unwrap();
            assert!(
                said.starts_with(&format!("line {line}: this CustomerId came before")),
                "{said}"
            );
        }
        let far = (0..10_000).chain([0, 9_999]);
        assert!(refusal(far).unwrap().starts_with("line 10001: "));
    }
}
