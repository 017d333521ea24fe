//! The body of an upload in a temporary file.
//!
//! It is written at the sender's pace, without holding a thread, and then read on a thread that may block. Temporary
//! files have no names: whatever happens, nothing remains.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use super::{blocking::run_blocking, error::Error};

/// How much is gathered before the disk is asked to write, in bytes.
const WRITE_BYTES: usize = 1 << 20;

/// A complete body. Reading ends with an error when the caller has left.
#[derive(Debug)]
pub(super) struct Spool {
    file: File,
    cancelled: CancellationToken,
}

impl Spool {
    pub(super) const fn new(file: File, cancelled: CancellationToken) -> Self {
        Self { file, cancelled }
    }

    /// Writes a body to a temporary file as it comes in.
    pub(super) async fn write<S, E>(
        body: S,
        bytes_max: u64,
        cancelled: CancellationToken,
    ) -> Result<Self, Error>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
        E: std::error::Error + Send + Sync + 'static,
    {
        let file = tokio::fs::File::from_std(run_blocking(temporary_file).await?);
        let mut file = tokio::io::BufWriter::with_capacity(WRITE_BYTES, file);
        copy(body, &mut file, bytes_max).await?;
        file.flush().await.map_err(Error::unavailable)?;
        let mut file = file.into_inner();
        file.rewind().await.map_err(Error::unavailable)?;
        Ok(Self::new(file.into_std().await, cancelled))
    }

    /// Writes what another body becomes to a file of its own; blocks.
    pub(super) fn rewrite(
        chunks: impl Iterator<Item = Result<Bytes, Error>>,
        bytes_max: u64,
        cancelled: CancellationToken,
    ) -> Result<Self, Error> {
        let mut file = io::BufWriter::with_capacity(WRITE_BYTES, temporary_file()?);
        let mut size: u64 = 0;
        for chunk in chunks {
            let chunk = chunk?;
            size += chunk.len() as u64;
            if size > bytes_max {
                return Err(Error::TooLarge { limit_bytes: bytes_max });
            }
            file.write_all(&chunk).map_err(Error::unavailable)?;
        }
        let mut file = file.into_inner().map_err(|error| Error::unavailable(error.into_error()))?;
        file.rewind().map_err(Error::unavailable)?;
        Ok(Self::new(file, cancelled))
    }

    /// Cancelled when the caller has left.
    pub(super) fn cancelled(&self) -> CancellationToken {
        self.cancelled.clone()
    }

    /// The length in bytes.
    pub(super) fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }
}

impl Read for Spool {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancelled.is_cancelled() {
            return Err(io::Error::other("cancelled: the caller has left"));
        }
        self.file.read(buffer)
    }
}

impl Seek for Spool {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

async fn copy<S, E>(
    mut body: S,
    file: &mut (impl AsyncWriteExt + Unpin),
    bytes_max: u64,
) -> Result<(), Error>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: std::error::Error + Send + Sync + 'static,
{
    let mut size: u64 = 0;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|cause| Error::Interrupted(Box::new(cause)))?;
        size += chunk.len() as u64;
        if size > bytes_max {
            return Err(Error::TooLarge { limit_bytes: bytes_max });
        }
        file.write_all(&chunk).await.map_err(Error::unavailable)?;
    }
    Ok(())
}

pub(super) fn temporary_file() -> Result<File, Error> {
    tempfile::tempfile().map_err(Error::unavailable)
}
