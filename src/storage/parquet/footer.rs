//! Reading the footer of a Parquet file, and checking that a segment can be read from it.

use arrow_schema::{DataType, SchemaRef};
use parquet::{
    arrow::arrow_reader::{
        ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
    },
    basic::Compression,
    file::metadata::{ParquetMetaData, RowGroupMetaData},
};

use super::super::{error::Error, windows::Windows};
use super::{shape, zones};

/// Reads the footer of a file, unless it would take too much memory.
pub(in super::super) fn open(
    windows: &Windows,
    columns_max: usize,
) -> Result<ParquetRecordBatchReaderBuilder<Windows>, Error> {
    shape::check(windows, columns_max)?;
    let file = ParquetRecordBatchReaderBuilder::try_new(windows.clone())
        .map_err(|cause| windows.explain(&cause))?;
    require_own_bytes(file.metadata())?;
    match zones::complete(file.metadata(), file.schema())
        .map_err(|cause| windows.explain(&cause))?
    {
        None => Ok(file),
        Some(schema) => with_schema(&file, windows, schema),
    }
}

/// The same file, read as this schema says.
fn with_schema(
    file: &ParquetRecordBatchReaderBuilder<Windows>,
    windows: &Windows,
    schema: SchemaRef,
) -> Result<ParquetRecordBatchReaderBuilder<Windows>, Error> {
    let options = ArrowReaderOptions::new().with_schema(schema);
    let footer = ArrowReaderMetadata::try_new(file.metadata().clone(), options)
        .map_err(|cause| windows.explain(&cause))?;
    Ok(ParquetRecordBatchReaderBuilder::new_with_metadata(windows.clone(), footer))
}

/// Each column of a row group has bytes of its own: the same bytes cannot be read a thousand times.
fn require_own_bytes(footer: &ParquetMetaData) -> Result<(), Error> {
    let mut ranges = Vec::new();
    for chunk in footer.row_groups().iter().flat_map(RowGroupMetaData::columns) {
        let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
        let (start, length) = (u64::try_from(start), u64::try_from(chunk.compressed_size()));
        let end = start.ok().zip(length.ok()).and_then(|(start, length)| start.checked_add(length));
        ranges.push((start.ok().zip(end)).ok_or_else(Error::damaged)?);
    }
    ranges.sort_unstable();
    let is_shared = |pair: &[(u64, u64)]| pair[0].1 > pair[1].0 && pair[1].1 > pair[1].0;
    if ranges.windows(2).any(is_shared) { Err(Error::damaged()) } else { Ok(()) }
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
            let is_flat = column.column_descr().max_rep_level() == 0;
            if is_flat && column.num_values() != group.num_rows() {
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

/// The type of the values, in a dictionary too.
pub(in super::super) fn value_type(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary(_, value) => value,
        other => other,
    }
}
