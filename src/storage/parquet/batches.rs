//! The rows of a file in batches, of as many rows as memory allows.

use std::{
    ops::Range,
    sync::{Arc, Mutex},
};

use arrow_array::RecordBatch;
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
        limits::{FIRST_PAGES_BYTES, OPEN_PAGES_BYTES, PAGE_ROWS},
        unmarked,
        windows::Windows,
    },
    budget::Budget,
    chunk::{Chunk, Pages},
    footer::value_type,
    memory::Room,
    page::{ColumnForm, PageHeader},
    unpacked::Unpacked,
};

/// By how much fewer rows are read at once where memory is short.
const FEWER: usize = 4;

/// Reads rows, text as views into the pages; each batch must be dropped before the next one is asked for.
pub(in super::super) struct Batches {
    windows: Windows,
    metadata: Arc<ParquetMetaData>,
    fields: Fields,
    mask: ProjectionMask,
    rows_at_once: usize,
    /// The memory for open pages.
    pages_bytes: u64,
    /// How many rows have been read.
    position: usize,
    unpacked: Unpacked,
    /// `None` only after an error.
    opened: Option<Opened>,
}

/// The reader goes before the room that its pages take.
struct Opened {
    reader: ParquetRecordBatchReader,
    budget: Arc<Budget>,
    _room: Room,
}

impl Batches {
    /// The rows of the columns in `mask`.
    pub(in super::super) fn open(
        file: &ParquetRecordBatchReaderBuilder<Windows>,
        windows: &Windows,
        mask: ProjectionMask,
    ) -> Result<Self, Error> {
        let mut batches = Self {
            windows: windows.clone(),
            metadata: Arc::clone(file.metadata()),
            fields: file.schema().fields().iter().map(|field| as_views(field)).collect(),
            mask,
            rows_at_once: PAGE_ROWS,
            pages_bytes: FIRST_PAGES_BYTES,
            position: 0,
            unpacked: Unpacked::of(windows.size()),
            opened: None,
        };
        batches.reopen()?;
        Ok(batches)
    }

    /// The next rows; where their pages have no room together, with more memory or fewer of them.
    fn read(&mut self) -> Option<Result<RecordBatch, Error>> {
        if let Err(left) = self.windows.require_caller() {
            return Some(Err(left));
        }
        loop {
            let opened = self.opened.as_mut()?;
            opened.budget.next_rows();
            match opened.reader.next()? {
                Ok(batch) => {
                    self.position += batch.num_rows();
                    return Some(self.unpacked.add(&batch).map(|()| batch));
                }
                Err(_) if opened.budget.is_exceeded() && self.can_ask_otherwise() => {
                    self.windows.forgive();
                    if let Err(error) = self.reopen() {
                        return Some(Err(error));
                    }
                }
                Err(cause) => return Some(Err(self.windows.explain(&cause.into()))),
            }
        }
    }

    /// First with more memory, then with fewer rows at once; false where neither is left.
    const fn can_ask_otherwise(&mut self) -> bool {
        if self.pages_bytes < OPEN_PAGES_BYTES {
            self.pages_bytes *= 2;
        } else if self.rows_at_once > 1 {
            self.rows_at_once =
                if self.rows_at_once < FEWER { 1 } else { self.rows_at_once / FEWER };
        } else {
            return false;
        }
        true
    }

    /// Reads on where it stopped. What was open is given back before it asks for more.
    fn reopen(&mut self) -> Result<(), Error> {
        self.opened = None;
        let room = Room::take(self.pages_bytes).ok_or(Error::NoRoom)?;
        let bytes = self.pages_bytes.saturating_sub(self.metadata.memory_size() as u64);
        let columns = self.metadata.file_metadata().schema_descr().num_columns();
        let budget = Arc::new(Budget::new(bytes, self.rows_at_once, columns));
        let reader = self.reader(&budget).map_err(|cause| self.windows.explain(&cause))?;
        self.opened = Some(Opened { reader, budget, _room: room });
        Ok(())
    }

    fn reader(&self, budget: &Arc<Budget>) -> ParquetResult<ParquetRecordBatchReader> {
        let schema = self.metadata.file_metadata().schema_descr();
        let levels = parquet_to_arrow_field_levels(schema, self.mask.clone(), Some(&self.fields))?;
        let (range, selection) = from(&self.metadata, self.position);
        let is_view = |leaf| {
            let field = &self.fields[schema.get_column_root_idx(leaf)];
            matches!(field.data_type(), DataType::Utf8View | DataType::BinaryView)
        };
        let groups = Groups {
            windows: self.windows.clone(),
            metadata: Arc::clone(&self.metadata),
            range,
            text: (0..schema.num_columns()).map(is_view).collect(),
            budget: Arc::clone(budget),
        };
        ParquetRecordBatchReader::try_new_with_row_groups(
            &levels,
            &groups,
            self.rows_at_once,
            selection,
        )
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
        bytes if unmarked::may_be_text(bytes) => DataType::BinaryView,
        other => other.clone(),
    };
    field.clone().with_data_type(data_type)
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
    /// Which columns are read as views of text; a nested one counts for each of its parts.
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
