//! NDJSON: one flat JSON object a line, checked, with the fields inferred from all lines.
//!
//! A column keeps its type only when every value survives in it; otherwise it becomes text, exactly as written.

mod columns;
mod strings;
mod surrogates;

use std::{
    borrow::Cow,
    io::{BufRead, BufReader, Read},
    sync::Arc,
};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use columns::{InferredColumns, JsonType, Numbers};
use strings::{JsonString, text};
use surrogates::Paired;

use super::{
    customer_ids::CustomerIds,
    error::Error,
    field::{CUSTOMER_ID, Field, FieldType},
    limits::{PAGE_BYTES, ReceiveLimits},
};

/// How many values are decoded at once, absent ones too.
const CELLS: usize = 1 << 18;
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What one pass over the lines has found.
pub(super) struct Inferred {
    /// The columns, in the order in which they first appear.
    pub(super) schema: SchemaRef,
    /// For each column what its values are.
    numbers: Vec<Numbers>,
    /// The offset of the first line, in bytes.
    pub(super) start: u64,
    /// How many of these rows fit safely into memory.
    batch_rows: usize,
    /// Whether a line may have a character that is written as two escapes.
    has_surrogates: bool,
}

impl Inferred {
    /// The stored fields, which say where numbers are kept as texts: as they are written, or among others.
    pub(super) fn fields(&self, mut stored: Vec<Field>) -> Vec<Field> {
        for (field, numbers) in stored.iter_mut().zip(&self.numbers) {
            if field.name == CUSTOMER_ID {
                continue;
            }
            match numbers {
                Numbers::All => field.r#type = FieldType::Number,
                Numbers::Some => field.has_numbers = true,
                Numbers::None => {}
            }
        }
        stored
    }

    /// Decodes the lines, from the first, in batches of at most so many rows.
    pub(super) fn batches(
        &self,
        file: impl Read + 'static,
        rows_max: usize,
    ) -> Result<Batches, Error> {
        let lines = BufReader::with_capacity(1 << 20, file);
        let reader = arrow_json::ReaderBuilder::new(Arc::clone(&self.schema))
            .with_coerce_primitive(true)
            .with_batch_size(rows_max.min(self.batch_rows));
        let batches: Box<dyn Iterator<Item = _>> = if self.has_surrogates {
            Box::new(reader.build(Paired::new(lines)).map_err(Error::unavailable)?)
        } else {
            Box::new(reader.build(lines).map_err(Error::unavailable)?)
        };
        Ok(Box::new(batches.map(|batch| batch.map_err(Error::unavailable))))
    }
}

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, Error>>>;

/// Checks every line and infers the columns; blocks.
pub(super) fn infer(file: impl Read, limits: &ReceiveLimits) -> Result<Inferred, Error> {
    let mut lines = BufReader::with_capacity(1 << 20, file);
    let start = skip_byte_order_mark(&mut lines)?;
    let mut columns = InferredColumns::new(limits.fields_max);
    let mut customer_ids = CustomerIds::new(Error::invalid, "line");
    let (mut line, mut line_number, mut longest) = (Vec::new(), 0, 1);
    let mut has_surrogates = false;
    while read_line(&mut lines, &mut line, limits.row_bytes_max)? {
        line_number += 1;
        longest = longest.max(line.len());
        let text = text_of(&line, line_number, limits.row_bytes_max)?;
        has_surrogates |= surrogates::may_be_in(text);
        let id = add_line(text, &mut columns);
        if let Some(id) = id.map_err(|message| Error::invalid(line_number, message))? {
            customer_ids.add(Some(&id), line_number)?;
        }
    }
    customer_ids.finish()?;
    let (schema, numbers) = (columns.schema(), columns.numbers());
    let batch_rows = (PAGE_BYTES / longest).min(CELLS / schema.fields().len()).max(1);
    Ok(Inferred { schema, numbers, start, batch_rows, has_surrogates })
}

fn skip_byte_order_mark(lines: &mut impl BufRead) -> Result<u64, Error> {
    let marked = lines.fill_buf().map_err(Error::unavailable)?.starts_with(BYTE_ORDER_MARK);
    let length = if marked { BYTE_ORDER_MARK.len() } else { 0 };
    lines.consume(length);
    Ok(length as u64)
}

/// Reads the next line, or the beginning of one that is too long; false at the end.
fn read_line(
    lines: &mut impl BufRead,
    line: &mut Vec<u8>,
    row_bytes_max: usize,
) -> Result<bool, Error> {
    line.clear();
    let bytes_max = row_bytes_max as u64 + 1;
    let read = lines.take(bytes_max).read_until(b'\n', line).map_err(Error::unavailable)?;
    Ok(read > 0)
}

fn text_of(line: &[u8], line_number: u64, row_bytes_max: usize) -> Result<&str, Error> {
    if line.len() > row_bytes_max {
        let message = format!("the line is longer than {row_bytes_max} bytes");
        return Err(Error::invalid(line_number, message));
    }
    str::from_utf8(line).map_err(|_| Error::NotUtf8 { line: line_number })
}

/// Adds the columns of a line, and returns the id of its member; `None` for a blank line.
fn add_line<'a>(
    text: &'a str,
    columns: &mut InferredColumns,
) -> Result<Option<Cow<'a, str>>, String> {
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    require_object(text.trim_ascii())?;
    let Members(members) = serde_json::from_str(text).map_err(|cause| not_json(&cause))?;
    columns.add(&members)?;
    let id = members.iter().find(|(name, _)| name == CUSTOMER_ID);
    id.map_or(Ok(Cow::Borrowed("")), |(_, value)| customer_id(value)).map(Some)
}

/// The usual forms of JSON that have no object in each line.
fn require_object(line: &str) -> Result<(), String> {
    let advice = match line {
        "{" => "this object has several lines: write each into one, as `jq -c . FILE` does",
        _ if line.starts_with('{') => return Ok(()),
        _ if line.starts_with('[') => {
            "this is an array: `jq -c '.[]' FILE` writes its objects into lines"
        }
        _ => "such as {\"CustomerId\": \"1\"}",
    };
    Err(format!("every line must be a JSON object; {advice}"))
}

/// The words of the library may quote a value, so only the position is reported.
fn not_json(cause: &serde_json::Error) -> String {
    format!("the line is not a valid JSON object; check character {}", cause.column())
}

/// The members of an object as they are written, in order, duplicates too.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

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
        while let Some((JsonString(name), value)) = map.next_entry()? {
            members.push((name, value));
        }
        Ok(Members(members))
    }
}

/// A string, or a whole number as it is written.
fn customer_id(value: &RawValue) -> Result<Cow<'_, str>, String> {
    let raw = value.get();
    match JsonType::of(raw) {
        Some(JsonType::Text) => text(value, CUSTOMER_ID),
        Some(JsonType::Integer | JsonType::LongInteger) => Ok(Cow::Borrowed(raw)),
        Some(JsonType::Null) => Ok(Cow::Borrowed("")),
        _ => Err(format!("{CUSTOMER_ID} must be a string")),
    }
}
