//! CSV by RFC 4180, or a [`Dialect`] of it, read strictly: what is ambiguous is rejected with its line, never guessed.
//!
//! The same reader checks uploads, inspects external files and feeds runs, so that what was accepted is what is read.
//! Every column is text, so that leading zeros survive; an empty value is null.

mod decode;
mod dialect;
mod encoding;
mod header_names;
mod hints;
mod records;
mod scan;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, builder::StringBuilder};
use arrow_schema::SchemaRef;
use bytes::Bytes;

pub(super) use decode::{Chunks, decoded, gunzip, is_utf8};
pub(super) use hints::{Separator, separator};

use super::{error::Error, field::CUSTOMER_ID, limits::PAGE_BYTES, text};
pub use dialect::{Delimiter, Dialect, Quotes};
pub use encoding::Encoding;
pub use header_names::HeaderNames;
pub(super) use records::{RecordLimits, Records};

/// Opens a stored file, which may be compressed or in another encoding, and reads its header.
pub(super) fn open(
    chunks: Chunks,
    limits: RecordLimits,
    dialect: &Dialect,
) -> Result<Records<Chunks>, Error> {
    Records::open(decode::text(chunks, dialect.encoding)?, limits, dialect)
}

/// Collects columns of the next records into a batch; `None` after the last.
///
/// `check` sees every record first and may reject it.
pub(super) fn batch<I: Iterator<Item = Result<Bytes, Error>>>(
    records: &mut Records<I>,
    projection: &Projection,
    rows_max: usize,
    mut check: impl FnMut(&Records<I>) -> Result<(), Error>,
) -> Result<Option<RecordBatch>, Error> {
    let new = |_| StringBuilder::with_capacity(rows_max, 16 * rows_max);
    let mut columns: Vec<StringBuilder> = projection.columns.iter().map(new).collect();
    let (mut rows, mut bytes) = (0, 0);
    while rows < rows_max && bytes < PAGE_BYTES && records.advance()? {
        check(records)?;
        for (column, &index) in columns.iter_mut().zip(&projection.columns) {
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
    let batch = RecordBatch::try_new_with_options(
        Arc::clone(&projection.schema),
        columns.collect(),
        &options,
    );
    batch.map(Some).map_err(Error::unavailable)
}

fn append<I>(column: &mut StringBuilder, records: &Records<I>, index: Option<usize>) {
    match index.and_then(|index| records.field(index)) {
        Some(value) => column.append_value(value),
        None => column.append_null(),
    }
}

/// The columns of a file to read, and their names.
pub(super) struct Projection {
    /// `None` for one that the file lacks.
    columns: Vec<Option<usize>>,
    schema: SchemaRef,
}

impl Projection {
    /// Every column of a header.
    pub(super) fn all(header: &[String]) -> Self {
        Self { columns: (0..header.len()).map(Some).collect(), schema: text::schema(header) }
    }

    /// The named columns, in the order of `names`. One that the file lacks is null, unless it is needed.
    pub(super) fn named(
        header: &[String],
        names: &[String],
        needed: &[String],
    ) -> Result<Self, Error> {
        let find = |name: &String| match header.iter().position(|column| column == name) {
            None if needed.contains(name) => {
                Err(Error::invalid(1, format!("there is no column {name:?} in the header")))
            }
            found => Ok(found),
        };
        Ok(Self {
            columns: names.iter().map(find).collect::<Result<_, _>>()?,
            schema: text::schema(names),
        })
    }
}

/// The index of the `CustomerId` in a header.
pub(super) fn customer_id_column(header: &[String]) -> Result<usize, Error> {
    let index = header.iter().position(|column| column == CUSTOMER_ID);
    index.ok_or_else(|| Error::no_customer_id(1, header.iter().map(String::as_str)))
}
