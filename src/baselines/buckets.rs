//! Sorts members that come in any order. Keys are spread evenly, so members go to temporary files by the upper bits of
//! their keys, and one file at a time is sorted in memory: of ten million members it has some 15 MB.

use std::io::{BufWriter, Read, Seek, SeekFrom};
use std::pin::pin;

use futures::{Stream, StreamExt};
use tempfile::SpooledTempFile;
use tokio::sync::mpsc::{Receiver, channel};
use tokio_util::sync::CancellationToken;

use super::blocking::blocking;
use super::error::Error;
use super::layer::LayerWriter;
use super::member::{ListMember, key};
use super::row;
use crate::storage::OwnFile;

/// How many bits of a key say in which file its member waits.
const BUCKET_BITS: u32 = 6;
/// How much is gathered in memory before a file is made, and then before it is written, in bytes.
const BUFFER_BYTES: usize = 64 << 10;
/// How many pages wait to be sorted.
const PAGES_AHEAD: usize = 4;

/// Writes members as a layer, in the order of their keys; of those with the same key the last one. `None` when there
/// are none.
pub(super) async fn sort<E: From<Error>>(
    seed: u64,
    members: impl Stream<Item = Result<Vec<ListMember>, E>>,
) -> Result<Option<OwnFile>, E> {
    let mut members = pin!(members);
    let (sender, receiver) = channel(PAGES_AHEAD);
    let cancelled = CancellationToken::new();
    let is_cancelled = cancelled.clone();
    let sorting = tokio::spawn(blocking(move || receive(seed, receiver, &is_cancelled)));
    // Dropped before the sender: an error must not pass for the end of the members.
    let _guard = cancelled.drop_guard();
    while let Some(page) = members.next().await {
        if sender.send(page?).await.is_err() {
            break;
        }
    }
    drop(sender);
    Ok(sorting.await.unwrap_or_else(|panic| Err(Error::unavailable(panic)))?)
}

fn receive(
    seed: u64,
    mut pages: Receiver<Vec<ListMember>>,
    cancelled: &CancellationToken,
) -> Result<Option<OwnFile>, Error> {
    let mut buckets = Buckets::new();
    while let Some(page) = pages.blocking_recv() {
        for member in &page {
            buckets.add(key(&member.address, seed), member)?;
        }
    }
    buckets.finish(cancelled)
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

    fn finish(self, cancelled: &CancellationToken) -> Result<Option<OwnFile>, Error> {
        let mut layer = LayerWriter::new()?;
        for bucket in self.0 {
            if cancelled.is_cancelled() {
                return Err(Error::unavailable("cancelled: the caller has left"));
            }
            let rows = content(bucket).map_err(Error::unavailable)?;
            write_sorted(&rows, &mut layer)?;
        }
        let file = layer.finish()?;
        Ok((file.rows() > 0).then_some(file))
    }
}

fn content(bucket: BufWriter<SpooledTempFile>) -> std::io::Result<Vec<u8>> {
    let mut bucket = bucket.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    let length = bucket.seek(SeekFrom::End(0))?;
    let mut rows = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    bucket.rewind()?;
    bucket.read_to_end(&mut rows)?;
    Ok(rows)
}

fn write_sorted(rows: &[u8], layer: &mut LayerWriter) -> Result<(), Error> {
    let changed = || Error::unavailable("a temporary file has changed");
    let sorted = sorted(rows).ok_or_else(changed)?;
    for same_key in sorted.chunk_by(|(one, _), (other, _)| one == other) {
        let Some((_, last)) = same_key.last() else { continue };
        let (key, member) = row::read(&mut &rows[*last..]).ok_or_else(changed)?;
        layer.push(key, &member)?;
    }
    Ok(())
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
