//! CSV as RFC 4180 has it, or a [`Dialect`] of it, read strictly: what is doubtful is refused with its line, never guessed at.
//!
//! The same reader checks uploads, scans the files of others and feeds runs, so that what was accepted is what is read.
//! Every column is text, so that leading zeros survive; an empty value is null.

mod decode;
mod dialect;
mod records;
mod scan;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, builder::StringBuilder};
use arrow_schema::SchemaRef;
use bytes::Bytes;

pub(super) use decode::Chunks;

use super::{CUSTOMER_ID, Error, PAGE_BYTES, text};
pub use dialect::{Delimiter, Dialect, Encoding, Quotes};
pub(super) use records::{Limits, Records};

/// Opens a stored file: out of its compression and its encoding, up to its first record.
pub(super) fn open(
    chunks: Chunks,
    limits: Limits,
    dialect: &Dialect,
) -> Result<Records<Chunks>, Error> {
    Records::open(decode::text(chunks, dialect.encoding)?, limits, dialect)
}

/// Collects the wanted columns of the next records into a batch; `None` after the last.
///
/// `look` sees every record first and may refuse it.
pub(super) fn batch<I: Iterator<Item = Result<Bytes, Error>>>(
    records: &mut Records<I>,
    wanted: &Wanted,
    rows_max: usize,
    mut look: impl FnMut(&Records<I>) -> Result<(), Error>,
) -> Result<Option<RecordBatch>, Error> {
    let new = |_| StringBuilder::with_capacity(rows_max, 16 * rows_max);
    let mut columns: Vec<StringBuilder> = wanted.columns.iter().map(new).collect();
    let (mut rows, mut bytes) = (0, 0);
    while rows < rows_max && bytes < PAGE_BYTES && records.advance()? {
        look(records)?;
        for (column, &index) in columns.iter_mut().zip(&wanted.columns) {
            append(column, records, index);
        }
        rows += 1;
        bytes += records.length();
    }
    if rows == 0 {
        return Ok(None);
    }
    let columns = columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef);
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch =
        RecordBatch::try_new_with_options(Arc::clone(&wanted.schema), columns.collect(), &options);
    batch.map(Some).map_err(Error::unavailable)
}

fn append<I>(column: &mut StringBuilder, records: &Records<I>, index: usize) {
    match records.field(index) {
        Some(value) => column.append_value(value),
        None => column.append_null(),
    }
}

/// Which columns of a file to read, and what they are called.
pub(super) struct Wanted {
    columns: Vec<usize>,
    schema: SchemaRef,
}

impl Wanted {
    /// All columns of a header.
    pub(super) fn all(header: &[String]) -> Self {
        Self { columns: (0..header.len()).collect(), schema: text::schema(header) }
    }

    /// The named columns, in the order they are named in.
    pub(super) fn named(header: &[String], names: &[String]) -> Result<Self, Error> {
        let find = |name: &String| {
            let index = header.iter().position(|column| column == name);
            index.ok_or_else(|| {
                Error::invalid(1, format!("there is no column {name:?} in the header"))
            })
        };
        Ok(Self {
            columns: names.iter().map(find).collect::<Result<_, _>>()?,
            schema: text::schema(names),
        })
    }
}

/// Where the header has the `CustomerId`.
pub(super) fn customer_column(header: &[String]) -> Result<usize, Error> {
    let index = header.iter().position(|column| column == CUSTOMER_ID);
    index.ok_or_else(|| Error::invalid(1, missing(header)))
}

fn missing(header: &[String]) -> String {
    let other =
        [';', '\t', '|'].into_iter().find(|mark| header.len() == 1 && header[0].contains(*mark));
    match other {
        Some(mark) => {
            format!(
                "the columns seem to be separated by {mark:?}; an upload must separate them by commas, files that lie in a storage may say so in `csv.delimiter` of their source"
            )
        }
        None => format!("the header names no column {CUSTOMER_ID}, which every segment must have"),
    }
}
