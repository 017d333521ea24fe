//! NDJSON: one flat JSON object a line, checked, with the fields learned from all of the lines.
//!
//! A column keeps its type only when every value survives in it; otherwise it becomes text, exactly as written.

mod columns;

use std::{
    borrow::Cow,
    io::{BufRead, BufReader, Read},
};

use arrow_schema::SchemaRef;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use columns::{Columns, Kind};

use super::{CUSTOMER_ID, Error, PAGE_BYTES, ReceiveLimits, customers::Customers};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// An export that brought nothing looks the same as one that broke, and members are not removed by accident.
const EMPTY: &str = "there is no member in the file; for a segment without members send CSV with nothing but the header line";

/// What one pass over the lines has found.
pub(super) struct Learned {
    /// The columns, in the order in which they first came.
    pub(super) schema: SchemaRef,
    /// Where the first line begins, in bytes.
    pub(super) start: u64,
    /// How many of these rows are safely in memory at once.
    pub(super) batch_rows: usize,
}

/// Checks every line and learns the columns; blocks.
pub(super) fn learn(file: impl Read, limits: &ReceiveLimits) -> Result<Learned, Error> {
    let mut lines = BufReader::with_capacity(1 << 20, file);
    let start = skip_byte_order_mark(&mut lines)?;
    let mut columns = Columns::new(limits.fields_max);
    let mut customers = Customers::new(Error::invalid);
    let (mut line, mut number, mut longest) = (Vec::new(), 0, 1);
    let mut is_empty = true;
    while read_line(&mut lines, &mut line, limits.row_bytes_max)? {
        number += 1;
        longest = longest.max(line.len());
        let id = learn_line(&line, &mut columns, limits);
        if let Some(id) = id.map_err(|message| Error::invalid(number, message))? {
            customers.admit(Some(&id), number)?;
            is_empty = false;
        }
    }
    if is_empty {
        return Err(Error::invalid(None, EMPTY));
    }
    customers.finish()?;
    Ok(Learned { schema: columns.schema(), start, batch_rows: (PAGE_BYTES / longest).max(1) })
}

fn skip_byte_order_mark(lines: &mut impl BufRead) -> Result<u64, Error> {
    let marked = lines.fill_buf().map_err(Error::unavailable)?.starts_with(BYTE_ORDER_MARK);
    let length = if marked { BYTE_ORDER_MARK.len() } else { 0 };
    lines.consume(length);
    Ok(length as u64)
}

/// Reads the next line, and of a line that is too long only as much as shows it; false at the end.
fn read_line(
    lines: &mut impl BufRead,
    line: &mut Vec<u8>,
    row_bytes_max: usize,
) -> Result<bool, Error> {
    line.clear();
    let most = row_bytes_max as u64 + 1;
    let read = lines.take(most).read_until(b'\n', line).map_err(Error::unavailable)?;
    Ok(read > 0)
}

/// Learns from a line, and tells the id of its member, if there is one.
fn learn_line<'a>(
    line: &'a [u8],
    columns: &mut Columns,
    limits: &ReceiveLimits,
) -> Result<Option<Cow<'a, str>>, String> {
    if line.len() > limits.row_bytes_max {
        return Err(format!("the line is longer than {} bytes", limits.row_bytes_max));
    }
    let text =
        std::str::from_utf8(line).map_err(|_| "the text is not UTF-8; save the file as UTF-8")?;
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    if !text.trim_ascii_start().starts_with('{') {
        return Err("every line must be a JSON object, such as {\"CustomerId\": \"1\"}".into());
    }
    let Members(members) = serde_json::from_str(text).map_err(|cause| not_json(&cause))?;
    columns.learn(&members)?;
    let id = members.iter().find(|(name, _)| name == CUSTOMER_ID);
    id.map_or(Ok(Cow::Borrowed("")), |(_, value)| customer_id(value)).map(Some)
}

/// The library's own words may quote a value, so only the place is told.
fn not_json(cause: &serde_json::Error) -> String {
    format!("the line is not a complete JSON object; look at character {}", cause.column())
}

/// The members of an object as they are written, in order, also those that stand twice.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// A string that borrows where it can.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some((Text(name), value)) = map.next_entry()? {
            members.push((name, value));
        }
        Ok(Members(members))
    }
}

/// A customer's id: a string, or a whole number as it is written.
fn customer_id(value: &RawValue) -> Result<Cow<'_, str>, String> {
    let raw = value.get();
    match Kind::of(raw) {
        Some(Kind::Text) => text(value, CUSTOMER_ID),
        Some(Kind::Integer | Kind::LongInteger) => Ok(Cow::Borrowed(raw)),
        Some(Kind::Null) => Ok(Cow::Borrowed("")),
        _ => Err(format!("{CUSTOMER_ID} must be a string")),
    }
}

fn text<'a>(value: &'a RawValue, name: &str) -> Result<Cow<'a, str>, String> {
    let Text(text) = serde_json::from_str(value.get()).map_err(|_| {
        format!("the string of {name:?} holds an escape that stands for no character")
    })?;
    if text.contains('\0') {
        return Err(format!("{name:?} holds a zero byte"));
    }
    Ok(text)
}
