//! What the footer of a Parquet file says, and whether a segment can be read from such a file.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_schema::{DataType, Schema};
use parquet::{
    arrow::arrow_reader::ParquetRecordBatchReaderBuilder,
    basic::Compression,
    errors::ParquetError,
    file::{metadata::ParquetMetaData, reader::ChunkReader},
};

use super::super::{CUSTOMER_ID, Error, Field, FieldType, source::Source, text, windows::Windows};

/// Reads the footer of a stored file: its fields and its number of rows.
pub(in super::super) fn look(source: Source) -> Result<(Vec<Field>, u64), Error> {
    let windows = Windows::stored(source, 1);
    guard(|| {
        let file = open(windows.clone()).map_err(|cause| windows.explain(&cause))?;
        Ok((fields(file.schema())?, rows(file.metadata())?))
    })
}

/// Reads the footer of a file.
pub(in super::super) fn open<R: ChunkReader + 'static>(
    reader: R,
) -> Result<ParquetRecordBatchReaderBuilder<R>, ParquetError> {
    ParquetRecordBatchReaderBuilder::try_new(reader)
}

/// Runs work on a file that somebody else wrote; on some damaged files the library panics (60.1 does), and a damaged
/// file is its writer's fault.
pub(in super::super) fn guard<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Error::damaged()))
}

/// The number of rows that the footer promises; refuses footers that disagree with themselves, which would keep the
/// library busy for minutes, and compressions that are not built in.
pub(in super::super) fn rows(footer: &ParquetMetaData) -> Result<u64, Error> {
    let promised = u64::try_from(footer.file_metadata().num_rows());
    let mut groups: u64 = 0;
    for group in footer.row_groups() {
        let rows = u64::try_from(group.num_rows()).map_err(|_| Error::damaged())?;
        groups = groups.checked_add(rows).ok_or_else(Error::damaged)?;
        for column in group.columns() {
            if column.num_values() != group.num_rows() {
                return Err(Error::damaged());
            }
            require_compression(column.compression())?;
        }
    }
    promised.ok().filter(|rows| *rows == groups).ok_or_else(Error::damaged)
}

fn require_compression(compression: Compression) -> Result<(), Error> {
    match compression {
        Compression::LZO => Err(Error::invalid(
            None,
            "the Parquet file is compressed by LZO; write it with Snappy, Zstandard, gzip, Brotli or LZ4",
        )),
        _ => Ok(()),
    }
}

/// The fields of a file; refuses nested and binary columns by name, and files without a fitting `CustomerId`.
pub(in super::super) fn fields(schema: &Schema) -> Result<Vec<Field>, Error> {
    let mut fields: Vec<Field> = Vec::with_capacity(schema.fields().len());
    for column in schema.fields() {
        let name = column.name().clone();
        if name.trim().is_empty() || fields.iter().any(|field| field.name == name) {
            let message = format!("the column name {name:?} is empty or stands twice");
            return Err(Error::invalid(None, message));
        }
        let r#type = text::field_type(column.data_type()).ok_or_else(|| not_flat(&name))?;
        fields.push(Field { name, r#type });
    }
    require_customer(schema)?;
    Ok(fields)
}

fn not_flat(name: &str) -> Error {
    let message = format!(
        "column {name:?} is nested or binary; only text, numbers, booleans, dates and times are taken"
    );
    Error::invalid(None, message)
}

fn require_customer(schema: &Schema) -> Result<(), Error> {
    let Ok(column) = schema.field_with_name(CUSTOMER_ID) else {
        let message = format!("there is no column {CUSTOMER_ID}, which every segment must have");
        return Err(Error::invalid(None, message));
    };
    let kind = plain(column.data_type());
    if kind.is_integer() || text::field_type(kind) == Some(FieldType::String) {
        return Ok(());
    }
    let message = format!("column {CUSTOMER_ID} must hold text or whole numbers");
    Err(Error::invalid(None, message))
}

/// The kind of the values, also when they are kept in a dictionary.
pub(in super::super) fn plain(kind: &DataType) -> &DataType {
    match kind {
        DataType::Dictionary(_, value) => value,
        other => other,
    }
}
