//! From the bytes of a stored file to UTF-8: decompresses gzip and Zstandard, and decodes other encodings.
//!
//! The compression is known by the first bytes, which no text begins with: the name of a file may be wrong.

use std::{
    io::{self, Read},
    iter::from_fn,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use encoding_rs::{DecoderResult, UTF_8};

use super::{
    super::{error::Error, foreign, limits::RATIO_MAX},
    encoding::Encoding,
};

pub(in super::super) type Chunks = Box<dyn Iterator<Item = Result<Bytes, Error>> + Send>;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTANDARD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// How much is decompressed before that is checked, in bytes.
const RATIO_FROM_BYTES: u64 = 64 << 20;
/// How much is decompressed at once, in bytes.
const DECOMPRESSED_BYTES: usize = 256 << 10;
/// The largest window of Zstandard that is accepted, as a power of two: 32 MiB, so that memory stays flat.
const WINDOW_LOG_MAX: u32 = 25;

/// The text of a file as UTF-8; chunks that are already UTF-8 are passed on unchanged.
pub(in super::super) fn text(chunks: Chunks, encoding: Encoding) -> Result<Chunks, Error> {
    let (first, chunks) = peek(chunks)?;
    if first.starts_with(GZIP) {
        return decoded(gunzip(chunks), encoding);
    }
    if first.starts_with(ZSTANDARD) {
        let (chunks, packed) = counted(chunks);
        let mut decoder = zstd::Decoder::new(ChunkReader::new(chunks))
            .map_err(|cause| damaged(cause, "Zstandard"))?;
        decoder.window_log_max(WINDOW_LOG_MAX).map_err(Error::unavailable)?;
        return decoded(decompress(decoder, packed, "Zstandard"), encoding);
    }
    if let Some(kind) = foreign::kind(&first, &[]) {
        return Err(Error::invalid(None, format!("this is {kind}")));
    }
    decoded(chunks, encoding)
}

/// Unpacks gzip data, as long as it is not made to fill memory or time.
pub(in super::super) fn gunzip(chunks: Chunks) -> Chunks {
    let (chunks, packed) = counted(chunks);
    let decoder = flate2::read::MultiGzDecoder::new(ChunkReader::new(chunks));
    decompress(decoder, packed, "gzip")
}

/// The first chunk, and all chunks.
fn peek(mut chunks: Chunks) -> Result<(Bytes, Chunks), Error> {
    let first = chunks.next().transpose()?.unwrap_or_default();
    let restored = std::iter::once(Ok(first.clone())).chain(chunks);
    Ok((first, Box::new(restored)))
}

/// Chunks as one reader.
struct ChunkReader {
    chunks: Chunks,
    current: Bytes,
}

impl ChunkReader {
    fn new(chunks: Chunks) -> Self {
        Self { chunks, current: Bytes::new() }
    }
}

impl Read for ChunkReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.chunks.next() {
                Some(chunk) => self.current = chunk.map_err(io::Error::other)?,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.current.len());
        buffer[..length].copy_from_slice(&self.current.split_to(length));
        Ok(length)
    }
}

/// Chunks, and how many bytes of them have been read.
fn counted(chunks: Chunks) -> (Chunks, Arc<AtomicU64>) {
    let count = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&count);
    let chunks = chunks.inspect(move |chunk| {
        let length = chunk.as_ref().map_or(0, Bytes::len) as u64;
        counter.fetch_add(length, Ordering::Relaxed);
    });
    (Box::new(chunks), count)
}

fn decompress(
    mut decoder: impl Read + Send + 'static,
    packed: Arc<AtomicU64>,
    method: &'static str,
) -> Chunks {
    let mut unpacked = 0;
    Box::new(from_fn(move || {
        if unpacked > RATIO_FROM_BYTES + RATIO_MAX * packed.load(Ordering::Relaxed) {
            let message =
                format!("the {method} data unpacks to more than {RATIO_MAX} times its size");
            return Some(Err(Error::invalid(None, message)));
        }
        let mut chunk = Vec::with_capacity(DECOMPRESSED_BYTES);
        let read = decoder.by_ref().take(DECOMPRESSED_BYTES as u64).read_to_end(&mut chunk);
        match read {
            Ok(0) => None,
            Ok(length) => {
                unpacked += length as u64;
                Some(Ok(chunk.into()))
            }
            Err(cause) => Some(Err(damaged(cause, method))),
        }
    }))
}

/// Why decompressing failed: the storage, when that failed, else the data.
fn damaged(cause: io::Error, method: &str) -> Error {
    cause.downcast::<Error>().unwrap_or_else(|_| {
        let message = format!("the {method} data is cut short or damaged; write the file again");
        Error::invalid(None, message)
    })
}

/// Decodes by the byte order mark, or without one by `encoding`.
pub(in super::super) fn decoded(chunks: Chunks, encoding: Encoding) -> Result<Chunks, Error> {
    let (first, mut chunks) = peek(chunks)?;
    let unmarked = encoding.encoding();
    let encoding = encoding_rs::Encoding::for_bom(&first).map_or(unmarked, |(marked, _)| marked);
    if encoding == UTF_8 {
        return Ok(chunks);
    }
    let mut decoder = Some(encoding.new_decoder_without_bom_handling());
    Ok(Box::new(from_fn(move || {
        let current = decoder.as_mut()?;
        let text = match chunks.next() {
            Some(chunk) => chunk.and_then(|chunk| decode(current, &chunk, false)),
            None => decode(&mut decoder.take()?, &[], true),
        };
        Some(text)
    })))
}

/// Whether a text is UTF-8 and would be another text in a code page.
pub(in super::super) fn is_utf8(
    chunks: impl Iterator<Item = Result<Bytes, Error>>,
) -> Result<bool, Error> {
    let (mut decoder, mut is_plain) = (UTF_8.new_decoder_without_bom_handling(), true);
    for chunk in chunks {
        let chunk = chunk?;
        is_plain &= chunk.is_ascii();
        if decode(&mut decoder, &chunk, false).is_err() {
            return Ok(false);
        }
    }
    Ok(!is_plain && decode(&mut decoder, &[], true).is_ok())
}

fn decode(decoder: &mut encoding_rs::Decoder, bytes: &[u8], last: bool) -> Result<Bytes, Error> {
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
    let mut text = vec![0; room.unwrap_or(0)];
    let (result, _, length) = decoder.decode_to_utf8_without_replacement(bytes, &mut text, last);
    if result != DecoderResult::InputEmpty {
        let name = decoder.encoding().name();
        return Err(Error::invalid(None, format!("the text is not {name}; check the encoding")));
    }
    text.truncate(length);
    Ok(text.into())
}
