//! Writes an object of our own to a temporary file, batch by batch.

use std::fs::File;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::{
        metadata::KeyValue,
        properties::{EnabledStatistics, WriterProperties},
    },
    schema::types::ColumnPath,
};

use super::{
    super::{error::Error, spool::temporary_file},
    checksum::{CHECKSUMS, DIGITS, checksums},
    filter::{FILTERS, filter_checksum, with_filter},
};

/// A complete file, which has no name yet.
pub(crate) struct OwnFile {
    pub(super) file: File,
    pub(super) rows: u64,
}

impl OwnFile {
    /// How many rows it has.
    pub(crate) const fn rows(&self) -> u64 {
        self.rows
    }
}

/// Each batch becomes a row group, which a reader holds in memory: neither is large.
pub(crate) struct OwnWriter {
    inner: ArrowWriter<File>,
    checksums: String,
    /// The column that has filters, and their checksums.
    filtered: Option<(&'static str, String)>,
    rows: u64,
}

impl OwnWriter {
    /// Columns of `UInt64` and `Utf8`; those in `repetitive` have few different values. Texts of `filtered` are found
    /// without reading every group.
    pub(crate) fn new(
        schema: SchemaRef,
        repetitive: &[&str],
        filtered: Option<&'static str>,
    ) -> Result<Self, Error> {
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_offset_index_disabled(true);
        for column in repetitive {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(*column), true);
        }
        if let Some(column) = filtered {
            properties = with_filter(properties, column);
        }
        let inner = ArrowWriter::try_new(temporary_file()?, schema, Some(properties.build()))
            .map_err(Error::unavailable)?;
        let filtered = filtered.map(|column| (column, String::new()));
        Ok(Self { inner, checksums: String::new(), filtered, rows: 0 })
    }

    /// Adds rows; blocks.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.inner.write(batch).map_err(Error::unavailable)?;
        self.inner.flush().map_err(Error::unavailable)?;
        self.checksums.extend(checksums(batch).map(|checksum| format!("{checksum:0DIGITS$x}")));
        if let Some((column, checksums)) = &mut self.filtered {
            let checksum = filter_checksum(batch, column).map_err(Error::unavailable)?;
            checksums.extend([format!("{checksum:0DIGITS$x}")]);
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<OwnFile, Error> {
        self.inner.append_key_value_metadata(KeyValue::new(CHECKSUMS.to_owned(), self.checksums));
        if let Some((_, checksums)) = self.filtered {
            self.inner.append_key_value_metadata(KeyValue::new(FILTERS.to_owned(), checksums));
        }
        let file = self.inner.into_inner().map_err(Error::unavailable)?;
        Ok(OwnFile { file, rows: self.rows })
    }
}
