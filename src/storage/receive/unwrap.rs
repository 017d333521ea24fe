//! From the body of an upload to what can be checked: decompressed, in UTF-8, and of the kind that its sender says.

use std::io::{Read, Seek, SeekFrom};

use bytes::Bytes;
use encoding_rs::UTF_8;

use super::super::{
    csv::{self, Encoding, Separator},
    error::Error,
    foreign::{self, SHOWN_BYTES},
    limits::ReceiveLimits,
    media::{Media, UploadForm},
    spool::Spool,
};

const CHUNK_BYTES: u64 = 1 << 20;
const GZIP: &[u8] = &[0x1f, 0x8b];
/// The beginning and the end of a Parquet file.
const PARQUET: &[u8] = b"PAR1";
const ENCRYPTED: &[u8] = b"PARE";

/// Blocks the thread until the body is what its sender says.
pub(super) fn unwrap(
    spool: Spool,
    form: &UploadForm,
    limits: &ReceiveLimits,
) -> Result<Spool, Error> {
    let mut spool = if form.is_gzip { unpacked(spool, limits)? } else { spool };
    let head = read_at(&mut spool, 0)?;
    let length = spool.length().map_err(Error::unavailable)?;
    let tail = read_at(&mut spool, length.saturating_sub(SHOWN_BYTES))?;
    spool.rewind().map_err(Error::unavailable)?;
    if form.media == Media::Parquet && head.starts_with(PARQUET) {
        return Ok(spool);
    }
    if head.starts_with(ENCRYPTED) && form.media == Media::Parquet {
        return Err(Error::invalid(
            None,
            "this is an encrypted Parquet file; write it without encryption",
        ));
    }
    if let Some(kind) = foreign::kind(&head, &tail) {
        return Err(Error::invalid(None, format!("this is {kind}")));
    }
    let marked = encoding_rs::Encoding::for_bom(&head).map(|(encoding, _)| encoding);
    match marked.unwrap_or_else(|| form.encoding.unwrap_or_default().encoding()) {
        encoding if form.media == Media::Parquet || encoding == UTF_8 => Ok(spool),
        encoding => decoded(spool, encoding, limits),
    }
}

fn read_at(spool: &mut Spool, start: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    spool.seek(SeekFrom::Start(start)).map_err(Error::unavailable)?;
    spool.take(SHOWN_BYTES).read_to_end(&mut bytes).map_err(Error::unavailable)?;
    Ok(bytes)
}

fn unpacked(mut spool: Spool, limits: &ReceiveLimits) -> Result<Spool, Error> {
    let is_gzip = read_at(&mut spool, 0)?.starts_with(GZIP);
    spool.rewind().map_err(Error::unavailable)?;
    if !is_gzip {
        let message = "the body is not gzip data, but the header `Content-Encoding: gzip` says so; send it without \
                       that header";
        return Err(Error::invalid(None, message));
    }
    let cancelled = spool.cancelled();
    Spool::rewrite(csv::gunzip(Box::new(chunks(spool))), limits.bytes_max, cancelled)
}

fn decoded(
    mut spool: Spool,
    encoding: &'static encoding_rs::Encoding,
    limits: &ReceiveLimits,
) -> Result<Spool, Error> {
    let cancelled = spool.cancelled();
    if encoding.is_single_byte() && csv::is_utf8(chunks(&mut spool))? {
        let message = "the text is UTF-8, and would become another one; leave out `charset`";
        return Err(Error::invalid(None, message));
    }
    spool.rewind().map_err(Error::unavailable)?;
    let text = csv::decoded(Box::new(chunks(spool)), Encoding::from(encoding))?;
    Spool::rewrite(text, limits.bytes_max, cancelled)
}

/// The content from start to end.
pub(super) fn chunks(mut file: impl Read) -> impl Iterator<Item = Result<Bytes, Error>> {
    std::iter::from_fn(move || {
        let mut chunk = Vec::new();
        match file.by_ref().take(CHUNK_BYTES).read_to_end(&mut chunk) {
            Ok(0) => None,
            Ok(_) => Some(Ok(Bytes::from(chunk))),
            Err(cause) => Some(Err(Error::unavailable(cause))),
        }
    })
}

/// What the sender of an upload can do about text that is not UTF-8.
pub(super) fn advised(error: Error, form: &UploadForm) -> Error {
    match error {
        Error::NotUtf8 { line } => not_utf8(line, form, None),
        other => other,
    }
}

/// The same, with what separates the values where that is to be said too.
pub(super) fn not_utf8(line: u64, form: &UploadForm, other: Option<Separator>) -> Error {
    let separator = other.map(|other| format!("&delimiter={}", other.encoded)).unwrap_or_default();
    let parameters = format!("charset=windows-1257{separator}");
    let hint = form.hint(&parameters, form.encoding.is_some());
    let seems = other.map(|other| format!(", and seems to be separated by {}", other.name));
    let message = format!(
        "the text is not UTF-8{}; save the file as \"CSV UTF-8\", or {hint} the address, with its code page: \
         `windows-1257` (Baltic), `windows-1250` (Central Europe), `windows-1251` (Cyrillic), `windows-1252` (Western \
         Europe)",
        seems.unwrap_or_default()
    );
    Error::invalid(line, message)
}
