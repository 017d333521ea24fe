//! The Parquet file that an upload becomes.

use std::fs::File;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::{
    arrow::ArrowWriter,
    basic::Compression,
    file::properties::{EnabledStatistics, WriterProperties},
};

use super::super::{
    error::Error,
    field::{Field, FieldType},
    limits::ReceiveLimits,
    parquet::CHUNKS_MAX,
    spool::temporary_file,
    text,
};

const GROUP_ROWS: usize = 50_000;
/// A group of long rows is closed early, at this size.
const GROUP_BYTES: usize = 16 << 20;

/// Members that have been checked, as a complete Parquet file.
pub(in super::super) struct MembersFile {
    pub(super) file: File,
    /// Also those that are not in the file, because they cannot be read.
    pub(in super::super) fields: Vec<Field>,
    pub(super) rows: u64,
}

impl MembersFile {
    /// Whether it has no members.
    pub(in super::super) const fn is_empty(&self) -> bool {
        self.rows == 0
    }
}

/// Writes members to a temporary file and counts them.
pub(in super::super) struct Writer {
    inner: ArrowWriter<File>,
    fields: Vec<Field>,
    rows: u64,
    rows_max: u64,
    stored_bytes_max: u64,
}

impl Writer {
    pub(in super::super) fn new(schema: SchemaRef, limits: &ReceiveLimits) -> Result<Self, Error> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_statistics_enabled(EnabledStatistics::None)
            .build();
        let fields = schema.fields().iter().map(|column| field(column)).collect();
        let inner = ArrowWriter::try_new(temporary_file()?, schema, Some(properties))
            .map_err(Error::unavailable)?;
        Ok(Self {
            inner,
            fields,
            rows: 0,
            rows_max: limits.rows_max,
            stored_bytes_max: limits.stored_bytes_max,
        })
    }

    /// Adds members, until there are too many.
    pub(in super::super) fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.rows += batch.num_rows() as u64;
        if self.rows > self.rows_max {
            return Err(Error::TooManyRows { limit_rows: self.rows_max });
        }
        self.inner.write(batch).map_err(Error::unavailable)?;
        if self.inner.memory_size() > GROUP_BYTES {
            self.inner.flush().map_err(Error::unavailable)?;
        }
        self.require_room()
    }

    /// Ends when more is stored than may be, or more row groups than can be read again.
    fn require_room(&self) -> Result<(), Error> {
        let chunks = self.inner.flushed_row_groups().len() * self.fields.len();
        if self.inner.bytes_written() as u64 > self.stored_bytes_max || chunks > CHUNKS_MAX {
            return Err(Error::TooLargeToStore { limit_bytes: self.stored_bytes_max });
        }
        Ok(())
    }

    pub(in super::super) fn finish(mut self) -> Result<MembersFile, Error> {
        self.inner.flush().map_err(Error::unavailable)?;
        self.require_room()?;
        let file = self.inner.into_inner().map_err(Error::unavailable)?;
        Ok(MembersFile { file, fields: self.fields, rows: self.rows })
    }
}

/// What is written is flat, in types that can be read.
fn field(column: &arrow_schema::Field) -> Field {
    let r#type = text::field_type(column.data_type()).unwrap_or(FieldType::String);
    Field::new(column.name(), r#type)
}
