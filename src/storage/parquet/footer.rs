//! Reading the footer of a Parquet file, and checking that a segment can be read from it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_schema::{DataType, Schema};
use parquet::{
    arrow::arrow_reader::ParquetRecordBatchReaderBuilder,
    basic::Compression,
    errors::ParquetError,
    file::{metadata::ParquetMetaData, reader::ChunkReader},
};

use super::super::{
    error::Error,
    field::{CUSTOMER_ID, Field, FieldType},
    pinned::PinnedObject,
    text,
    windows::Windows,
};

/// The fields of a stored file, and its number of rows.
pub(in super::super) fn inspect(object: PinnedObject) -> Result<(Vec<Field>, u64), Error> {
    let windows = Windows::stored(object, 1);
    catch_panics(|| {
        let file = open(windows.clone()).map_err(|cause| windows.explain(&cause))?;
        Ok((fields(file.schema())?, rows(file.metadata())?))
    })
}

pub(in super::super) fn open<R: ChunkReader + 'static>(
    reader: R,
) -> Result<ParquetRecordBatchReaderBuilder<R>, ParquetError> {
    ParquetRecordBatchReaderBuilder::try_new(reader)
}

/// On some damaged files the library panics (60.1 does); that is an error of the data, not of this service.
pub(in super::super) fn catch_panics<T>(
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Error::damaged()))
}

/// The number of rows in the footer. Rejects footers that contradict themselves, which would keep the library busy for
/// minutes, and compressions that are not built in.
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
            "the Parquet file is compressed with LZO, which is not supported; \
             use Snappy, Zstandard, gzip, Brotli or LZ4",
        )),
        _ => Ok(()),
    }
}

/// The fields of a file. Rejects nested and binary columns, and files without a usable `CustomerId`.
pub(in super::super) fn fields(schema: &Schema) -> Result<Vec<Field>, Error> {
    let mut fields: Vec<Field> = Vec::with_capacity(schema.fields().len());
    for column in schema.fields() {
        let name = column.name().clone();
        if name.trim().is_empty() || fields.iter().any(|field| field.name == name) {
            let message = format!("the column name {name:?} is empty or appears twice");
            return Err(Error::invalid(None, message));
        }
        let r#type = text::field_type(column.data_type()).ok_or_else(|| Error::not_flat(&name))?;
        fields.push(Field { name, r#type });
    }
    require_customer_id(schema)?;
    Ok(fields)
}

fn require_customer_id(schema: &Schema) -> Result<(), Error> {
    let Ok(column) = schema.field_with_name(CUSTOMER_ID) else {
        let message = format!("there is no column {CUSTOMER_ID}; every segment must have one");
        return Err(Error::invalid(None, message));
    };
    let data_type = value_type(column.data_type());
    if data_type.is_integer() || text::field_type(data_type) == Some(FieldType::String) {
        return Ok(());
    }
    let message = format!("column {CUSTOMER_ID} must contain text or whole numbers");
    Err(Error::invalid(None, message))
}

/// The type of the values, in a dictionary too.
pub(in super::super) fn value_type(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary(_, value) => value,
        other => other,
    }
}
