//! Reads some columns of an object of our own, a row group at a time, each with its checksum verified.

use std::ops::Range;

use ::parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
    },
    errors::ParquetError,
    file::metadata::ParquetMetaData,
};
use arrow_array::RecordBatch;
use arrow_schema::Schema;

use super::{
    super::{error::Error, limits::FIELDS_MAX, parquet, pinned::PinnedObject, windows::Windows},
    checksum::{CHECKSUMS, DIGITS, checksums},
    filter,
};

/// The columns of a row group follow each other: one window is enough for those that are read.
const WINDOWS: usize = 1;

/// An object of our own, which nothing has been read of yet.
#[derive(Clone)]
pub(crate) struct OwnReader {
    windows: Windows,
    path: String,
    rows: u64,
}

impl OwnReader {
    pub(super) fn stored(path: String, object: PinnedObject, rows: u64) -> Self {
        Self { windows: Windows::stored(object, WINDOWS), path, rows }
    }

    #[cfg(test)]
    pub(super) fn spooled(spool: super::super::spool::Spool, rows: u64) -> Result<Self, Error> {
        let windows = Windows::spooled(spool, WINDOWS).map_err(Error::unavailable)?;
        Ok(Self { windows, path: "a temporary file".to_owned(), rows })
    }

    /// Relative to the default root.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The rows in the order in which they were written, with the columns of `schema`; blocks. A column that may be
    /// null may be missing. Whatever else does not have this form is [`Error::Invalid`].
    pub(crate) fn batches(self, schema: &Schema) -> Result<OwnBatches, Error> {
        parquet::catch_panics(|| OwnBatches::open(self.windows, schema, self.rows))
    }
}

/// The rows of an object in batches, as they were written.
pub(crate) struct OwnBatches {
    windows: Windows,
    file: ArrowReaderMetadata,
    mask: ProjectionMask,
    /// Of each row group, and in it of each column that is read.
    checksums: Vec<Vec<u64>>,
    groups: Range<usize>,
}

impl OwnBatches {
    fn open(windows: Windows, schema: &Schema, rows: u64) -> Result<Self, Error> {
        let opened = parquet::open(&windows, FIELDS_MAX)?;
        if parquet::rows(opened.metadata())? != rows {
            return Err(Error::damaged());
        }
        let columns = columns(opened.schema(), schema)?;
        let mask = ProjectionMask::roots(opened.parquet_schema(), columns.iter().copied());
        let metadata = opened.metadata();
        let checksums = stored_checksums(metadata, &columns).ok_or_else(Error::damaged)?;
        let groups = 0..metadata.num_row_groups();
        let file = ArrowReaderMetadata::try_new(metadata.clone(), ArrowReaderOptions::default());
        let file = file.map_err(|cause| windows.explain(&cause))?;
        Ok(Self { windows, file, mask, checksums, groups })
    }

    /// How many row groups come before the first one of which `is_before` does not hold, where the rows are in an
    /// order; a few groups are read for that.
    pub(crate) fn groups_before(
        &self,
        is_before: impl Fn(&RecordBatch) -> bool,
    ) -> Result<usize, Error> {
        let (mut low, mut high) = (self.groups.start, self.groups.end);
        while low < high {
            let middle = low.midpoint(high);
            let batch = parquet::catch_panics(|| self.group(middle))?;
            if is_before(&batch) { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }

    /// The row groups that may have a text in a column, which was written with a filter; `None` where that is not
    /// known.
    pub(crate) fn groups_with(
        &self,
        column: &str,
        text: &str,
    ) -> Result<Option<Vec<usize>>, Error> {
        let metadata = self.file.metadata();
        parquet::catch_panics(|| filter::groups_with(&self.windows, metadata, column, text))
    }

    /// How many row groups there are.
    pub(crate) fn group_count(&self) -> usize {
        self.groups.end
    }

    /// The rows of one group.
    pub(crate) fn at(&self, group: usize) -> Result<RecordBatch, Error> {
        parquet::catch_panics(|| self.group(group))
    }

    /// Leaves out so many row groups at the start.
    pub(crate) fn skip_groups(&mut self, count: usize) {
        self.groups.start = count;
    }

    fn group(&self, group: usize) -> Result<RecordBatch, Error> {
        let rows = self.file.metadata().row_group(group).num_rows();
        let rows = usize::try_from(rows).map_err(|_| Error::damaged())?;
        let (windows, file) = (self.windows.clone(), self.file.clone());
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(windows, file)
            .with_projection(self.mask.clone())
            .with_row_groups(vec![group])
            .with_batch_size(rows)
            .build();
        let batch = reader.and_then(|mut batches| {
            let batch = batches.next().ok_or(ParquetError::EOF("no rows".into()))?;
            batch.map_err(ParquetError::from)
        });
        let batch = batch.map_err(|cause| self.windows.explain(&cause))?;
        let is_as_written = checksums(&batch).eq(self.checksums[group].iter().copied());
        if is_as_written { Ok(batch) } else { Err(Error::damaged()) }
    }
}

impl Iterator for OwnBatches {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let group = self.groups.next()?;
        Some(parquet::catch_panics(|| self.group(group)))
    }
}

/// The positions of the columns of `wanted` in a file, which are in the same order; a nullable one may be missing.
fn columns(found: &Schema, wanted: &Schema) -> Result<Vec<usize>, Error> {
    let position = |(index, field): (usize, &arrow_schema::Field)| {
        let is_wanted = |wanted: &arrow_schema::Field| {
            wanted.name() == field.name() && wanted.data_type() == field.data_type()
        };
        wanted.fields().iter().any(|wanted| is_wanted(wanted)).then_some(index)
    };
    let fields = found.fields().iter().map(AsRef::as_ref).enumerate();
    let columns: Vec<_> = fields.filter_map(position).collect();
    let is_found = |wanted: &str| columns.iter().any(|index| found.field(*index).name() == wanted);
    let mut required = wanted.fields().iter().filter(|field| !field.is_nullable());
    let has_all = required.all(|field| is_found(field.name()));
    if has_all { Ok(columns) } else { Err(Error::damaged()) }
}

/// The checksums of these columns; `None` when there is not one for each of them and of the others.
fn stored_checksums(metadata: &ParquetMetaData, columns: &[usize]) -> Option<Vec<Vec<u64>>> {
    let file = metadata.file_metadata();
    let found = file.key_value_metadata()?.iter().find(|entry| entry.key == CHECKSUMS)?;
    let digits = found.value.as_ref()?;
    let (groups, all) = (metadata.num_row_groups(), file.schema_descr().num_columns());
    if digits.len() != groups * all * DIGITS {
        return None;
    }
    let checksum = |group: usize, column: usize| {
        let start = (group * all + column) * DIGITS;
        u64::from_str_radix(digits.get(start..start + DIGITS)?, 16).ok()
    };
    (0..groups)
        .map(|group| columns.iter().map(|column| checksum(group, *column)).collect())
        .collect()
}
