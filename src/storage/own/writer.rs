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
use tokio_util::sync::CancellationToken;

use super::{
    super::{error::Error, spool::Spool, spool::temporary_file},
    checksum::{CHECKSUMS, DIGITS, checksums},
    reader::OwnReader,
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

    /// The same file once more.
    pub(crate) fn duplicate(&self) -> Result<Self, Error> {
        let file = self.file.try_clone().map_err(Error::unavailable)?;
        Ok(Self { file, rows: self.rows })
    }

    /// Reads it before it is in the storage.
    pub(crate) fn open(&self) -> Result<OwnReader, Error> {
        let file = self.file.try_clone().map_err(Error::unavailable)?;
        OwnReader::spooled(Spool::new(file, CancellationToken::new()), self.rows)
    }
}

/// Each batch becomes a row group, which a reader holds in memory: neither is large.
pub(crate) struct OwnWriter {
    inner: ArrowWriter<File>,
    checksums: String,
    rows: u64,
}

impl OwnWriter {
    /// Columns of `UInt64` and `Utf8`; those in `repetitive` have few different values.
    pub(crate) fn new(schema: SchemaRef, repetitive: &[&str]) -> Result<Self, Error> {
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_offset_index_disabled(true);
        for column in repetitive {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(*column), true);
        }
        let inner = ArrowWriter::try_new(temporary_file()?, schema, Some(properties.build()))
            .map_err(Error::unavailable)?;
        Ok(Self { inner, checksums: String::new(), rows: 0 })
    }

    /// Adds rows; blocks.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.inner.write(batch).map_err(Error::unavailable)?;
        self.inner.flush().map_err(Error::unavailable)?;
        self.checksums.extend(checksums(batch).map(|checksum| format!("{checksum:0DIGITS$x}")));
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<OwnFile, Error> {
        self.inner.append_key_value_metadata(KeyValue::new(CHECKSUMS.to_owned(), self.checksums));
        let file = self.inner.into_inner().map_err(Error::unavailable)?;
        Ok(OwnFile { file, rows: self.rows })
    }
}
