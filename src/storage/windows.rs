//! Random access for the Parquet reader, a window at a time.
//!
//! The Parquet library's async reader holds all columns of a row group in memory, and an external file may be one row
//! group of a million rows. Its sync reader reads one page after the other; windows turn these into few, large reads,
//! and memory stays the same however large the row groups are.

use std::{
    collections::VecDeque,
    io::{ErrorKind, Read, Seek, SeekFrom},
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use parquet::{
    errors::{ParquetError, Result},
    file::reader::{ChunkReader, Length},
};

use super::{error::Error, pinned::PinnedObject, spool::Spool};

/// The most bytes in all windows of a file together.
const WINDOWS_BYTES: u64 = 8 << 20;
/// The most bytes in one window.
const WINDOW_BYTES: u64 = 1 << 20;

enum ByteSource {
    Stored(PinnedObject),
    Spooled(Mutex<Spool>),
}

impl ByteSource {
    fn read(&self, range: Range<u64>) -> std::result::Result<Bytes, Error> {
        match self {
            Self::Stored(object) => object.read(range),
            Self::Spooled(spool) => {
                let mut spool = spool.lock().unwrap_or_else(PoisonError::into_inner);
                read_spool(&mut spool, range).map_err(Error::unavailable)
            }
        }
    }
}

fn read_spool(spool: &mut Spool, range: Range<u64>) -> std::io::Result<Bytes> {
    let mut bytes = Vec::new();
    spool.seek(SeekFrom::Start(range.start))?;
    spool.take(range.end - range.start).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

/// The windows of one file that were used last, and why reading failed when it did.
#[derive(Clone)]
pub(super) struct Windows(Arc<Shared>);

struct Shared {
    source: ByteSource,
    size: u64,
    count: usize,
    recent: Mutex<VecDeque<Window>>,
    failure: Mutex<Option<Error>>,
}

#[derive(Clone)]
struct Window {
    start: u64,
    bytes: Bytes,
}

impl Window {
    fn slice(&self, start: u64, length: usize) -> Option<Bytes> {
        let from = usize::try_from(start.checked_sub(self.start)?).ok()?;
        let to = from.checked_add(length)?;
        (to <= self.bytes.len()).then(|| self.bytes.slice(from..to))
    }
}

impl Windows {
    /// Enough windows to read this many columns side by side.
    pub(super) fn stored(object: PinnedObject, columns: usize) -> Self {
        let size = object.size;
        Self::new(ByteSource::Stored(object), size, columns)
    }

    /// Enough windows to read this many columns side by side.
    pub(super) fn spooled(spool: Spool, columns: usize) -> Result<Self> {
        let size = spool.length()?;
        Ok(Self::new(ByteSource::Spooled(spool.into()), size, columns))
    }

    fn new(source: ByteSource, size: u64, columns: usize) -> Self {
        Self(Arc::new(Shared {
            source,
            size,
            count: columns + 1,
            recent: Mutex::default(),
            failure: Mutex::default(),
        }))
    }

    /// What caused an error of the Parquet library: the storage, when that failed, else the data.
    pub(super) fn explain(&self, cause: &ParquetError) -> Error {
        let failure = self.0.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        failure.unwrap_or_else(|| Error::of_parquet(cause))
    }

    /// Why reading ends, when neither the storage nor the library is the cause.
    pub(super) fn refuse(&self, refusal: Error) -> ParquetError {
        *self.0.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
        ParquetError::General("refused".into())
    }

    /// Forgets the refusal, since reading continues in another way.
    pub(super) fn forgive(&self) {
        *self.0.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Fails when the caller has left: what is in memory already would be worked on for hours otherwise.
    pub(super) fn require_caller(&self) -> std::result::Result<(), Error> {
        let is_cancelled = match &self.0.source {
            ByteSource::Stored(object) => object.is_cancelled(),
            ByteSource::Spooled(spool) => {
                let spool = spool.lock().unwrap_or_else(PoisonError::into_inner);
                spool.cancelled().is_cancelled()
            }
        };
        if is_cancelled {
            return Err(Error::unavailable("cancelled: the caller has left"));
        }
        Ok(())
    }

    /// Of the file, in bytes.
    pub(super) fn size(&self) -> u64 {
        self.0.size
    }

    /// For what the library does not read.
    pub(super) fn slice(&self, start: u64, length: u64) -> std::result::Result<Bytes, Error> {
        self.bytes(start, length).map_err(|cause| self.explain(&cause))
    }

    pub(super) fn bytes(&self, start: u64, length: u64) -> Result<Bytes> {
        let length = usize::try_from(length)?;
        let mut recent = self.0.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let found = recent.iter().position(|window| window.slice(start, length).is_some());
        let window = match found.and_then(|index| recent.remove(index)) {
            Some(window) => window,
            None => self.read_window(start, length)?,
        };
        let slice = window.slice(start, length);
        recent.push_front(window);
        evict(&mut recent, self.0.count);
        slice.ok_or_else(|| {
            ParquetError::EOF(format!("{length} bytes at {start} reach past the end"))
        })
    }

    fn read_window(&self, start: u64, length: usize) -> Result<Window> {
        let shared = &self.0;
        let window_bytes = (WINDOWS_BYTES / shared.count as u64).clamp(64 << 10, WINDOW_BYTES);
        let end = start.saturating_add(window_bytes.max(length as u64)).min(shared.size);
        if start >= end {
            return Ok(Window { start, bytes: Bytes::new() });
        }
        let bytes = shared.source.read(start..end).map_err(|failure| self.refuse(failure))?;
        Ok(Window { start, bytes })
    }
}

/// Keeps the windows that were used last, as many as fit: a single page may be larger than a window.
fn evict(recent: &mut VecDeque<Window>, count: usize) {
    let mut bytes = 0;
    let fitting = recent.iter().take_while(|window| {
        bytes += window.bytes.len() as u64;
        bytes <= WINDOWS_BYTES
    });
    let fitting = fitting.count();
    recent.truncate(fitting.min(count));
}

impl Length for Windows {
    fn len(&self) -> u64 {
        self.0.size
    }
}

impl ChunkReader for Windows {
    type T = Cursor;

    fn get_read(&self, start: u64) -> Result<Cursor> {
        Ok(Cursor { windows: self.clone(), at: start })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.bytes(start, length as u64)
    }
}

/// Reads headers, whose length is not known beforehand.
pub(super) struct Cursor {
    windows: Windows,
    at: u64,
}

impl Read for Cursor {
    /// The end of the file within a header is an error at once: the library reads as far as a damaged header says.
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = self.windows.len().saturating_sub(self.at);
        let length = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if length == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let bytes = self.windows.bytes(self.at, length as u64).map_err(std::io::Error::other)?;
        buffer[..length].copy_from_slice(&bytes);
        self.at += length as u64;
        Ok(length)
    }
}
