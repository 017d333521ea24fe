//! The rows of a file in batches, of as many rows as memory allows.

use std::{
    ops::Range,
    sync::{Arc, Mutex},
};

use arrow_array::{RecordBatch, cast::AsArray};
use arrow_schema::{DataType, Field, Fields};
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{
            ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowGroups, RowSelection,
            RowSelector,
        },
        parquet_to_arrow_field_levels,
    },
    basic::Type,
    column::page::{PageIterator, PageReader},
    errors::Result as ParquetResult,
    file::{
        metadata::{ParquetMetaData, RowGroupMetaData},
        serialized_reader::SerializedPageReader,
    },
    schema::types::ColumnDescriptor,
};

use super::{
    super::{
        error::Error,
        limits::{OPEN_PAGES_BYTES, PAGE_BYTES, PAGE_ROWS},
        windows::Windows,
    },
    budget::Budget,
    chunk::{Chunk, Pages},
    footer::value_type,
    page::{ColumnForm, PageHeader},
};

/// By how much fewer rows are read at once where memory is short.
const FEWER: usize = 4;
/// What the bookkeeping of one value takes, in bytes.
const VALUE_BYTES: usize = 16;

/// Reads rows, text as views into the pages; each batch must be dropped before the next one is asked for.
pub(in super::super) struct Batches {
    windows: Windows,
    metadata: Arc<ParquetMetaData>,
    fields: Fields,
    mask: ProjectionMask,
    rows_at_once: usize,
    /// How many rows have been read.
    position: usize,
    budget: Arc<Budget>,
    reader: ParquetRecordBatchReader,
}

impl Batches {
    /// The rows of the columns in `mask`.
    pub(in super::super) fn open(
        file: &ParquetRecordBatchReaderBuilder<Windows>,
        windows: &Windows,
        mask: ProjectionMask,
    ) -> ParquetResult<Self> {
        let metadata = Arc::clone(file.metadata());
        let fields: Fields = file.schema().fields().iter().map(|field| as_views(field)).collect();
        let (budget, reader) = reader(windows, &metadata, &fields, &mask, PAGE_ROWS, 0)?;
        let (windows, rows_at_once, position) = (windows.clone(), PAGE_ROWS, 0);
        Ok(Self { windows, metadata, fields, mask, rows_at_once, position, budget, reader })
    }

    /// The next rows; where their pages have no room together, fewer of them.
    fn read(&mut self) -> Option<Result<RecordBatch, Error>> {
        loop {
            self.budget.next_rows();
            match self.reader.next()? {
                Ok(batch) => {
                    self.position += batch.num_rows();
                    return Some(Ok(batch));
                }
                Err(_) if self.budget.is_exceeded() && self.rows_at_once > 1 => {
                    if let Err(error) = self.read_fewer() {
                        return Some(Err(error));
                    }
                }
                Err(cause) => return Some(Err(self.windows.explain(&cause.into()))),
            }
        }
    }

    fn read_fewer(&mut self) -> Result<(), Error> {
        self.windows.forgive();
        self.rows_at_once = (self.rows_at_once / FEWER).max(1);
        let (rows, position) = (self.rows_at_once, self.position);
        let made = reader(&self.windows, &self.metadata, &self.fields, &self.mask, rows, position);
        (self.budget, self.reader) = made.map_err(|cause| self.windows.explain(&cause))?;
        Ok(())
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read()
    }
}

/// Text as views, whatever it was when the file was written, so that a value that a dictionary repeats is there once.
fn as_views(field: &Field) -> Field {
    let data_type = match value_type(field.data_type()) {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        other => other.clone(),
    };
    field.clone().with_data_type(data_type)
}

type Reader = (Arc<Budget>, ParquetRecordBatchReader);

fn reader(
    windows: &Windows,
    metadata: &Arc<ParquetMetaData>,
    fields: &Fields,
    mask: &ProjectionMask,
    rows_at_once: usize,
    position: usize,
) -> ParquetResult<Reader> {
    let schema = metadata.file_metadata().schema_descr();
    let levels = parquet_to_arrow_field_levels(schema, mask.clone(), Some(fields))?;
    let bytes = OPEN_PAGES_BYTES.saturating_sub(metadata.memory_size() as u64);
    let budget = Arc::new(Budget::new(bytes, rows_at_once, schema.num_columns()));
    let (range, selection) = from(metadata, position);
    let text = fields.iter().map(|field| *field.data_type() == DataType::Utf8View).collect();
    let (windows, metadata) = (windows.clone(), Arc::clone(metadata));
    let groups = Groups { windows, metadata, range, text, budget: Arc::clone(&budget) };
    let reader = ParquetRecordBatchReader::try_new_with_row_groups(
        &levels,
        &groups,
        rows_at_once,
        selection,
    )?;
    Ok((budget, reader))
}

/// The row groups from the one with this row on, and which of their rows.
fn from(metadata: &ParquetMetaData, position: usize) -> (Range<usize>, Option<RowSelection>) {
    let rows = metadata.row_groups().iter().map(rows_of);
    let (mut first, mut skipped) = (0, 0);
    for rows in rows.clone() {
        if skipped + rows > position {
            break;
        }
        (first, skipped) = (first + 1, skipped + rows);
    }
    let left: usize = rows.skip(first).sum();
    let skip = position - skipped;
    let selection = (skip > 0).then(|| {
        RowSelection::from(vec![RowSelector::skip(skip), RowSelector::select(left - skip)])
    });
    (first..metadata.num_row_groups(), selection)
}

fn rows_of(group: &RowGroupMetaData) -> usize {
    usize::try_from(group.num_rows()).unwrap_or(0)
}

/// Some row groups of a file.
struct Groups {
    windows: Windows,
    metadata: Arc<ParquetMetaData>,
    range: Range<usize>,
    /// Which columns are read as views of text.
    text: Vec<bool>,
    budget: Arc<Budget>,
}

impl RowGroups for Groups {
    fn num_rows(&self) -> usize {
        self.row_groups().map(rows_of).sum()
    }

    fn column_chunks(&self, column: usize) -> ParquetResult<Box<dyn PageIterator>> {
        let is_text = self.text.get(column).copied().unwrap_or(false);
        Ok(Box::new(Chunks {
            windows: self.windows.clone(),
            metadata: Arc::clone(&self.metadata),
            groups: self.range.clone(),
            budget: Arc::clone(&self.budget),
            column,
            is_text,
        }))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(self.metadata.row_groups()[self.range.clone()].iter())
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

/// A column of some row groups.
struct Chunks {
    windows: Windows,
    metadata: Arc<ParquetMetaData>,
    groups: Range<usize>,
    budget: Arc<Budget>,
    column: usize,
    is_text: bool,
}

impl Chunks {
    fn pages(&self, group: &RowGroupMetaData) -> ParquetResult<Box<dyn PageReader>> {
        let meta = group.column(self.column);
        let descriptor: &ColumnDescriptor = meta.column_descr();
        let is_copied = !self.is_text && descriptor.physical_type() == Type::BYTE_ARRAY;
        let codec = meta.compression();
        let chunk = Chunk {
            windows: self.windows.clone(),
            budget: Arc::clone(&self.budget),
            column: self.column,
            form: ColumnForm { codec, is_text: self.is_text, is_copied },
            page: Mutex::new(PageHeader::NONE),
        };
        let inner = SerializedPageReader::new(Arc::new(chunk), meta, rows_of(group), None)?;
        Ok(Box::new(Pages { inner, is_nullable: descriptor.max_def_level() > 0 }))
    }
}

impl Iterator for Chunks {
    type Item = ParquetResult<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        let group = self.groups.next()?;
        Some(self.pages(self.metadata.row_group(group)))
    }
}

impl PageIterator for Chunks {}

/// Cuts a batch into parts that are small as text. Refuses rows that are longer than `row_bytes_max`.
pub(in super::super) fn cut(
    batch: &RecordBatch,
    rows_before: u64,
    row_bytes_max: usize,
) -> Result<Vec<RecordBatch>, Error> {
    let (mut parts, mut start, mut bytes) = (Vec::new(), 0, 0);
    for (row, length) in lengths(batch).into_iter().enumerate() {
        if length > row_bytes_max + VALUE_BYTES * batch.num_columns() {
            let row = rows_before + row as u64 + 1;
            let message = format!("row {row}: the values are longer than {row_bytes_max} bytes");
            return Err(Error::invalid(None, message));
        }
        if bytes + length > PAGE_BYTES && row > start {
            parts.push(batch.slice(start, row - start));
            (start, bytes) = (row, 0);
        }
        bytes += length;
    }
    parts.push(batch.slice(start, batch.num_rows() - start));
    Ok(parts)
}

/// How long each row is as text, in bytes.
fn lengths(batch: &RecordBatch) -> Vec<usize> {
    let mut lengths = vec![VALUE_BYTES * batch.num_columns(); batch.num_rows()];
    for column in batch.columns() {
        let Some(text) = column.as_string_view_opt() else { continue };
        for (length, value) in lengths.iter_mut().zip(text) {
            *length += value.map_or(0, str::len);
        }
    }
    lengths
}
