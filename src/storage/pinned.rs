//! One pinned object, read in ranges from a thread that may block.
//!
//! Ranges of 1 MiB or more are twice as fast as the small chunks of the local store's own stream (measured), and every
//! range of an external file carries the `ETag`, so that a change is noticed in the middle of reading too.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use object_store::{GetOptions, ObjectStore, path::Path};
use tokio::{runtime::Handle, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    error::Error,
    manifest::Object,
    roots::{Root, path_of},
};

/// How much is read at once of a file that is read from start to end, in bytes.
const CHUNK_BYTES: usize = 2 << 20;

#[derive(Clone, Debug)]
pub(super) struct PinnedObject {
    store: Arc<dyn ObjectStore>,
    path: Path,
    pub(super) size: u64,
    etag: Option<String>,
    runtime: Handle,
    cancelled: CancellationToken,
}

impl PinnedObject {
    /// Made on an async thread, and read on one that may block.
    pub(super) fn new(root: &Root, object: &Object) -> Self {
        let path = path_of(&object.path);
        // Every object of our own has a path of its own, and a restored copy has another `ETag`.
        let etag = object.etag.clone().filter(|_| !root.is_own(&path));
        Self {
            store: Arc::clone(&root.store),
            path,
            size: object.size,
            etag,
            runtime: Handle::current(),
            cancelled: CancellationToken::new(),
        }
    }

    /// Reading ends with an error once it is cancelled.
    pub(super) fn until(self, cancelled: CancellationToken) -> Self {
        Self { cancelled, ..self }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.is_cancelled()
    }

    /// Blocks the thread until the bytes are there.
    pub(super) fn read(&self, range: Range<u64>) -> Result<Bytes, Error> {
        self.runtime.block_on(self.clone().fetch(range))
    }

    /// Reads the object from start to end, one chunk ahead; blocks.
    pub(super) fn chunks(&self) -> impl Iterator<Item = Result<Bytes, Error>> + use<> {
        let all = 0..self.size;
        self.chunks_of(vec![all])
    }

    /// The same of some ranges of it, one after the other.
    pub(super) fn chunks_of(
        &self,
        ranges: Vec<Range<u64>>,
    ) -> impl Iterator<Item = Result<Bytes, Error>> + use<> {
        let (object, mut left) = (self.clone(), chunks(ranges));
        let mut ahead = object.start(&mut left);
        std::iter::from_fn(move || {
            let current = ahead.take()?;
            ahead = object.start(&mut left);
            let chunk = object.runtime.block_on(current);
            Some(chunk.unwrap_or_else(|panic| Err(Error::unavailable(panic))))
        })
    }

    fn start(
        &self,
        left: &mut impl Iterator<Item = Range<u64>>,
    ) -> Option<JoinHandle<Result<Bytes, Error>>> {
        Some(self.runtime.spawn(self.clone().fetch(left.next()?)))
    }

    async fn fetch(self, range: Range<u64>) -> Result<Bytes, Error> {
        if self.cancelled.is_cancelled() {
            return Err(Error::unavailable("cancelled: the caller has left"));
        }
        let options =
            GetOptions { if_match: self.etag, range: Some(range.into()), ..GetOptions::default() };
        let failed = |cause| Error::of_pinned(&self.path, cause);
        let found = self.store.get_opts(&self.path, options).await.map_err(failed)?;
        if found.meta.size != self.size {
            return Err(Error::Changed { path: self.path.to_string() });
        }
        found.bytes().await.map_err(failed)
    }
}

/// Ranges in parts that are read at once.
fn chunks(ranges: Vec<Range<u64>>) -> impl Iterator<Item = Range<u64>> {
    ranges.into_iter().flat_map(|range| {
        let end = range.end;
        range.step_by(CHUNK_BYTES).map(move |start| start..end.min(start + CHUNK_BYTES as u64))
    })
}
