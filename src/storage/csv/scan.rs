//! Finds the end of one CSV record, and where its fields are.

use super::dialect::{Dialect, Quotes};

/// A field of a record: bytes `start..end` within it, quotes left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether `""` inside means `"`.
    pub(super) escaped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScanError {
    /// The data ends within quotes.
    Unclosed,
    /// A quote within a field that does not begin with one.
    QuoteInside,
    /// Something other than a delimiter or the end of the line after a closing quote.
    TextAfterQuote,
    /// A carriage return that no line feed follows.
    CarriageReturn,
    /// Text holds no zero byte; UTF-16 and compressed files do.
    Zero,
}

impl ScanError {
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::Unclosed => {
                "a quote opens in this record and is never closed; close it, or double it if it is part of a value"
            }
            Self::QuoteInside => {
                "there is a quote inside a value without quotes; put the value in quotes and double the quote"
            }
            Self::TextAfterQuote => {
                "text follows a closing quote; double every quote inside a value, and close every quote that opens"
            }
            Self::CarriageReturn => {
                "there is a carriage return without a line feed; end lines with LF or CRLF, or put the value in quotes"
            }
            Self::Zero => {
                "there is a zero byte in this record, as in UTF-16 without a byte order mark; save the file as UTF-8 \
                 text, or name its encoding, such as utf-16le"
            }
        }
    }
}

/// The special bytes of a dialect.
pub(super) struct Scanner {
    pub(super) delimiter: u8,
    quotes: Quotes,
    /// The bytes that end a field without quotes, or are not allowed in it.
    special: [bool; 256],
}

impl Scanner {
    pub(super) fn new(dialect: &Dialect) -> Self {
        let mut special = [false; 256];
        for byte in [dialect.delimiter.0, b'\n', b'\r', 0] {
            special[usize::from(byte)] = true;
        }
        special[usize::from(b'"')] = dialect.quotes == Quotes::Strict;
        Self { delimiter: dialect.delimiter.0, quotes: dialect.quotes, special }
    }
}

/// Finds the fields of the record at the beginning of `bytes`; returns the length of the record with the end of its
/// line, or `None` when the record may continue after `bytes` (never when `ended`).
pub(super) fn scan(
    scanner: &Scanner,
    bytes: &[u8],
    ended: bool,
    fields: &mut Vec<Span>,
) -> Result<Option<usize>, ScanError> {
    fields.clear();
    let mut at = 0;
    loop {
        let Some((field, stop)) = field(scanner, bytes, at, ended)? else {
            return Ok(None);
        };
        fields.push(field);
        match bytes.get(stop) {
            Some(&byte) if byte == scanner.delimiter => at = stop + 1,
            Some(b'\n') => return Ok(Some(stop + 1)),
            Some(b'\r') => return line_end(bytes, stop, ended),
            Some(0) => return Err(ScanError::Zero),
            Some(b'"') => return Err(ScanError::QuoteInside),
            Some(_) => return Err(ScanError::TextAfterQuote),
            None => return Ok(ended.then_some(stop)),
        }
    }
}

/// The field that begins at `at`, and where it ends.
fn field(
    scanner: &Scanner,
    bytes: &[u8],
    at: usize,
    ended: bool,
) -> Result<Option<(Span, usize)>, ScanError> {
    if scanner.quotes != Quotes::None && bytes.get(at) == Some(&b'"') {
        return quoted(bytes, at + 1, ended);
    }
    let length = bytes[at..].iter().position(|&byte| scanner.special[usize::from(byte)]);
    let end = length.map_or(bytes.len(), |length| at + length);
    Ok(Some((Span { start: at, end, escaped: false }, end)))
}

fn quoted(bytes: &[u8], start: usize, ended: bool) -> Result<Option<(Span, usize)>, ScanError> {
    let (mut at, mut escaped) = (start, false);
    loop {
        let Some(length) = bytes[at..].iter().position(|&byte| byte == b'"' || byte == 0) else {
            return if ended { Err(ScanError::Unclosed) } else { Ok(None) };
        };
        at += length;
        match (bytes[at], bytes.get(at + 1)) {
            (0, _) => return Err(ScanError::Zero),
            (_, Some(b'"')) => escaped = true,
            (_, None) if !ended => return Ok(None),
            _ => {
                return Ok(Some((Span { start, end: at, escaped }, at + 1)));
            }
        }
        at += 2;
    }
}

fn line_end(bytes: &[u8], stop: usize, ended: bool) -> Result<Option<usize>, ScanError> {
    match bytes.get(stop + 1) {
        Some(b'\n') => Ok(Some(stop + 2)),
        None if !ended => Ok(None),
        _ => Err(ScanError::CarriageReturn),
    }
}
