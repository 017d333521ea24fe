//! One column of a row group, as the library reads it: no page is decompressed whose header is not plausible, for which
//! there is no room, or that has more in it than its header says.

use std::{
    io::{self, ErrorKind, Read},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use parquet::{
    basic::Compression,
    column::page::{Page, PageMetadata, PageReader},
    errors::{ParquetError, Result},
    file::{
        reader::{ChunkReader, Length},
        serialized_reader::SerializedPageReader,
    },
};

use super::{
    super::{error::Error, windows::Windows},
    budget::Budget,
    delta,
    page::{ColumnForm, PageHeader},
    thrift::ScanError,
};

/// How much is read for the header of a page, in bytes: most are short, some have long statistics.
const HEADER_BYTES: [u64; 3] = [1 << 10, 64 << 10, 4 << 20];

pub(super) struct Chunk {
    pub(super) windows: Windows,
    pub(super) budget: Arc<Budget>,
    pub(super) column: usize,
    pub(super) form: ColumnForm,
    /// The header that was read last.
    pub(super) page: Mutex<PageHeader>,
}

impl Chunk {
    /// Reads the header of a page before the library does.
    fn read_header(&self, start: u64) -> Result<()> {
        let left = self.windows.size().saturating_sub(start);
        for length in HEADER_BYTES {
            let bytes = self.windows.bytes(start, length.min(left))?;
            match PageHeader::read(&bytes) {
                Ok(page) => {
                    *self.page.lock().unwrap_or_else(PoisonError::into_inner) = page;
                    return Ok(());
                }
                Err(ScanError::Ended) if length < left => {}
                Err(_) => break,
            }
        }
        Err(damaged())
    }

    fn last_header(&self) -> PageHeader {
        *self.page.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse_page(&self, page: &PageHeader) -> ParquetError {
        self.windows.refuse(Error::invalid(
            None,
            format!(
                "its pages need too much memory: one has {} bytes; write the file with pages of 1 MiB, \
                 or with fewer columns",
                page.decompressed
            ),
        ))
    }
}

fn damaged() -> ParquetError {
    ParquetError::General("the header of a page is damaged".into())
}

impl Length for Chunk {
    fn len(&self) -> u64 {
        self.windows.size()
    }
}

impl ChunkReader for Chunk {
    type T = HeaderReader;

    fn get_read(&self, start: u64) -> Result<HeaderReader> {
        self.read_header(start)?;
        Ok(HeaderReader { windows: self.windows.clone(), at: start })
    }

    /// The content of the page whose header was read last.
    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let page = self.last_header();
        if length as u64 != page.compressed {
            return Err(damaged());
        }
        if !self.budget.open(self.column, self.form, &page) {
            return Err(self.refuse_page(&page));
        }
        let bytes = self.windows.bytes(start, page.compressed)?;
        let levels = usize::try_from(page.level_bytes).unwrap_or(usize::MAX);
        let compressed = bytes.get(levels..).ok_or_else(damaged)?;
        if page.is_compressed && page.decompressed > page.level_bytes {
            require_decompressed_size(
                self.form.codec,
                compressed,
                page.decompressed - page.level_bytes,
            )?;
        }
        Ok(bytes)
    }
}

/// The library unpacks these three to their ends, whatever the header says.
fn require_decompressed_size(codec: Compression, bytes: &[u8], decompressed: u64) -> Result<()> {
    let within = |reader: &mut dyn Read| {
        io::copy(&mut reader.take(decompressed + 1), &mut io::sink())
            .is_ok_and(|size| size <= decompressed)
    };
    let is_within = match codec {
        Compression::GZIP(_) => within(&mut flate2::read::MultiGzDecoder::new(bytes)),
        Compression::BROTLI(_) => within(&mut brotli::Decompressor::new(bytes, 4096)),
        // An error here leads the library to another way of unpacking, which keeps to the size.
        Compression::LZ4 => {
            let mut reader = lz4_flex::frame::FrameDecoder::new(bytes).take(decompressed + 1);
            io::copy(&mut reader, &mut io::sink()).ok() <= Some(decompressed)
        }
        _ => true,
    };
    if is_within { Ok(()) } else { Err(damaged()) }
}

/// Reads headers, whose length is not known beforehand.
pub(super) struct HeaderReader {
    windows: Windows,
    at: u64,
}

impl Read for HeaderReader {
    /// The end of the file within a header is an error at once: the library reads as far as a damaged header says.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.windows.size().saturating_sub(self.at);
        let length = (buffer.len() as u64).min(left);
        if length == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let bytes = self.windows.bytes(self.at, length).map_err(io::Error::other)?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        self.at += length;
        Ok(bytes.len())
    }
}

/// The pages of a column of a row group, decompressed and checked.
pub(super) struct Pages {
    pub(super) inner: SerializedPageReader<Chunk>,
    pub(super) is_nullable: bool,
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Result<Page>> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.inner.get_next_page()?;
        if page.as_ref().is_some_and(|page| !delta::is_plausible(page, self.is_nullable)) {
            return Err(damaged());
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.inner.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.inner.at_record_boundary()
    }
}
