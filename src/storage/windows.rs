//! Random access for the Parquet reader, a window at a time.
//!
//! The Parquet library's async reader holds all columns of a row group in memory, and foreign files may be one row group
//! of a million rows. Its sync reader asks for one page after the other; windows turn these into few, large reads, and
//! memory stays the same however large the row groups are.

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

use super::{Error, receive::Spool, source::Source};

/// The most bytes all windows of a file hold together, and one of them.
const WINDOWS_BYTES: u64 = 16 << 20;
const WINDOW_BYTES: u64 = 1 << 20;

/// Where the bytes are.
enum Origin {
    Stored(Source),
    Spooled(Mutex<Spool>),
}

impl Origin {
    fn read(&self, range: Range<u64>) -> std::result::Result<Bytes, Error> {
        match self {
            Self::Stored(source) => source.read(range),
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

/// The windows last used of one file, and why reading failed when it did.
#[derive(Clone)]
pub(super) struct Windows(Arc<Shared>);

struct Shared {
    origin: Origin,
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
    /// Windows onto a stored object, enough to read this many columns side by side.
    pub(super) fn stored(source: Source, columns: usize) -> Self {
        let size = source.size;
        Self::new(Origin::Stored(source), size, columns)
    }

    /// Windows onto an upload under way.
    pub(super) fn spooled(spool: Spool, columns: usize) -> Result<Self> {
        let size = spool.file.metadata()?.len();
        Ok(Self::new(Origin::Spooled(spool.into()), size, columns))
    }

    fn new(origin: Origin, size: u64, columns: usize) -> Self {
        Self(Arc::new(Shared {
            origin,
            size,
            count: columns + 1,
            recent: Mutex::default(),
            failure: Mutex::default(),
        }))
    }

    /// What the Parquet library's error was really about: the storage, when that failed, else the data.
    pub(super) fn explain(&self, cause: &ParquetError) -> Error {
        let failure = self.0.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        failure.unwrap_or_else(|| Error::of_parquet(cause))
    }

    fn bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let mut recent = self.0.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let known = recent.iter().position(|window| window.slice(start, length).is_some());
        let window = match known.and_then(|index| recent.remove(index)) {
            Some(window) => window,
            None => self.fetch(start, length)?,
        };
        let slice = window.slice(start, length);
        recent.push_front(window);
        forget(&mut recent, self.0.count);
        slice.ok_or_else(|| {
            ParquetError::EOF(format!("{length} bytes at {start} reach past the end"))
        })
    }

    fn fetch(&self, start: u64, length: usize) -> Result<Window> {
        let shared = &self.0;
        let one = (WINDOWS_BYTES / shared.count as u64).clamp(64 << 10, WINDOW_BYTES);
        let end = start.saturating_add(one.max(length as u64)).min(shared.size);
        if start >= end {
            return Ok(Window { start, bytes: Bytes::new() });
        }
        match shared.origin.read(start..end) {
            Ok(bytes) => Ok(Window { start, bytes }),
            Err(failure) => {
                *shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
                Err(ParquetError::General("the storage failed".into()))
            }
        }
    }
}

/// Keeps the windows last used, as many as fit: a single page may be larger than a window should be.
fn forget(recent: &mut VecDeque<Window>, count: usize) {
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
        self.bytes(start, length)
    }
}

/// Reads on from a place, for headers whose length is not known beforehand.
pub(super) struct Cursor {
    windows: Windows,
    at: u64,
}

impl Read for Cursor {
    /// An end within a header is an error at once: the library goes on asking for as long as a damaged header says.
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = self.windows.len().saturating_sub(self.at);
        let length = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if length == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let bytes = self.windows.bytes(self.at, length).map_err(std::io::Error::other)?;
        buffer[..length].copy_from_slice(&bytes);
        self.at += length as u64;
        Ok(length)
    }
}
