//! Sorts members that come in any order. Keys are spread evenly, so members go to temporary files by the upper bits of
//! their keys, and one file at a time is sorted in memory: of ten million members it has some 15 MB.

use std::io::{BufWriter, Read, Seek, SeekFrom};
use std::iter::Peekable;
use std::pin::pin;
use std::{slice, vec};

use futures::{Stream, StreamExt};
use tempfile::SpooledTempFile;
use tokio::sync::mpsc::{Receiver, channel};
use tokio_util::sync::CancellationToken;

use super::blocking::blocking;
use super::error::Error;
use super::member::{ListMember, key};
use super::row;

/// How many bits of a key say in which file its member waits.
const BUCKET_BITS: u32 = 6;
/// How much is gathered in memory before a file is made, and then before it is written, in bytes.
const BUFFER_BYTES: usize = 64 << 10;
/// How many pages wait to be sorted.
const PAGES_AHEAD: usize = 4;

/// Gathers members, to be read in the order of their keys. `None` when there are none.
pub(super) async fn gather<E: From<Error>>(
    seed: u64,
    members: impl Stream<Item = Result<Vec<ListMember>, E>>,
) -> Result<Option<Update>, E> {
    let mut members = pin!(members);
    let (sender, receiver) = channel(PAGES_AHEAD);
    let gathering = tokio::spawn(blocking(move || receive(seed, receiver)));
    while let Some(page) = members.next().await {
        // The receiver ends when this one leaves, and what it has then is dropped.
        if sender.send(page?).await.is_err() {
            break;
        }
    }
    drop(sender);
    let update = gathering.await.unwrap_or_else(|panic| Err(Error::unavailable(panic)))?;
    Ok(Some(update).filter(|update| update.rows > 0))
}

fn receive(seed: u64, mut pages: Receiver<Vec<ListMember>>) -> Result<Update, Error> {
    let mut buckets = Buckets::new();
    let mut rows = 0;
    while let Some(page) = pages.blocking_recv() {
        for member in &page {
            buckets.add(key(&member.address, seed), member)?;
            rows += 1;
        }
    }
    Ok(Update { buckets: buckets.finish()?, rows })
}

/// Members in temporary files, which have no names: whatever happens, nothing remains.
struct Buckets(Vec<BufWriter<SpooledTempFile>>);

impl Buckets {
    fn new() -> Self {
        let bucket = || BufWriter::with_capacity(BUFFER_BYTES, SpooledTempFile::new(BUFFER_BYTES));
        Self((0..1 << BUCKET_BITS).map(|_| bucket()).collect())
    }

    fn add(&mut self, key: u64, member: &ListMember) -> Result<(), Error> {
        let bucket = usize::try_from(key >> (u64::BITS - BUCKET_BITS)).unwrap_or(0);
        row::write(&mut self.0[bucket], key, member).map_err(Error::unavailable)
    }

    fn finish(self) -> Result<Vec<SpooledTempFile>, Error> {
        let files = self.0.into_iter().map(BufWriter::into_inner);
        files.map(|file| file.map_err(|error| Error::unavailable(error.into_error()))).collect()
    }
}

/// Members that wait to be written, which can be read more than once.
pub(super) struct Update {
    /// By the upper bits of their keys.
    buckets: Vec<SpooledTempFile>,
    /// How many there are; of several with one key each counts.
    pub(super) rows: u64,
}

impl Update {
    /// The members in the order of their keys; of those with the same key the last one. An error when it is cancelled.
    pub(super) fn in_order(&mut self, cancelled: CancellationToken) -> InOrder<'_> {
        let waiting = vec![].into_iter().peekable();
        InOrder { buckets: self.buckets.iter_mut(), rows: vec![], waiting, cancelled }
    }
}

/// Reads one bucket after the other.
pub(super) struct InOrder<'a> {
    buckets: slice::IterMut<'a, SpooledTempFile>,
    /// Those of the bucket that is being read.
    rows: Vec<u8>,
    /// The keys of those that are not read yet, and where these begin.
    waiting: Peekable<vec::IntoIter<(u64, usize)>>,
    cancelled: CancellationToken,
}

impl InOrder<'_> {
    /// False at the end.
    fn open_next(&mut self) -> Result<bool, Error> {
        let Some(bucket) = self.buckets.next() else { return Ok(false) };
        if self.cancelled.is_cancelled() {
            return Err(Error::unavailable("cancelled: the caller has left"));
        }
        self.rows = content(bucket).map_err(Error::unavailable)?;
        self.waiting = sorted(&self.rows).ok_or_else(changed)?.into_iter().peekable();
        Ok(true)
    }
}

impl Iterator for InOrder<'_> {
    type Item = Result<(u64, ListMember), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while let Some((key, start)) = self.waiting.next() {
                if self.waiting.peek().is_none_or(|(next, _)| *next != key) {
                    return Some(row::read(&mut &self.rows[start..]).ok_or_else(changed));
                }
            }
            match self.open_next() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

fn changed() -> Error {
    Error::unavailable("a temporary file has changed")
}

fn content(bucket: &mut SpooledTempFile) -> std::io::Result<Vec<u8>> {
    let length = bucket.seek(SeekFrom::End(0))?;
    let mut rows = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    bucket.rewind()?;
    bucket.read_to_end(&mut rows)?;
    Ok(rows)
}

/// The keys of all rows and where these begin, in the order of keys, then of rows.
fn sorted(rows: &[u8]) -> Option<Vec<(u64, usize)>> {
    let (mut rest, mut found) = (rows, Vec::new());
    while !rest.is_empty() {
        let start = rows.len() - rest.len();
        found.push((row::read_key(&mut rest)?, start));
    }
    found.sort_unstable();
    Some(found)
}
