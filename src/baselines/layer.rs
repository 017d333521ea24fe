//! The columns of a layer. Numbers come first: an index needs nothing else.

use std::sync::{Arc, LazyLock};

use arrow_array::builder::{StringBuilder, UInt64Builder};
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{ArrayRef, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use uuid::Uuid;

use super::error::Error;
use super::member::ListMember;
use super::state::{MemberOrigin, MemberState, decode, encode};
use crate::names::RunId;
use crate::storage::{OwnFile, OwnWriter};

pub(super) const KEY: &str = "key";
pub(super) const CONTENT: &str = "content";
pub(super) const RECORD: &str = "record";
pub(super) const STATE: &str = "state";
pub(super) const RUN: &str = "run";
pub(super) const ADDRESS: &str = "address";
pub(super) const CUSTOMER_ID: &str = "customerId";
/// Layers of an older version do not have it.
pub(super) const SINCE: &str = "since";

/// The most rows that a reader holds of a layer.
const BATCH_ROWS: usize = 32_768;
/// A batch of long rows is closed early, at so many bytes of text.
const BATCH_BYTES: usize = 8 << 20;

/// Every column, in its order.
pub(super) static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let number = |name| Field::new(name, DataType::UInt64, false);
    let text = |name| Field::new(name, DataType::Utf8, false);
    let numbers = [KEY, CONTENT, RECORD, STATE].map(number);
    let texts = [RUN, ADDRESS, CUSTOMER_ID].map(text);
    let since = Field::new(SINCE, DataType::Utf8, true);
    Arc::new(Schema::new(numbers.into_iter().chain(texts).chain([since]).collect::<Vec<_>>()))
});

/// The schema with some columns only.
pub(super) fn only(columns: &[&str]) -> Schema {
    let fields = SCHEMA.fields().iter().filter(|field| columns.contains(&field.name().as_str()));
    Schema::new(fields.cloned().collect::<Vec<_>>())
}

/// What a column of numbers has in a row.
pub(super) fn number_at(batch: &RecordBatch, column: &str, row: usize) -> u64 {
    batch[column].as_primitive::<UInt64Type>().value(row)
}

/// The same of a column by its position, where that is known: much faster.
pub(super) fn number_in(batch: &RecordBatch, column: usize, row: usize) -> u64 {
    batch.column(column).as_primitive::<UInt64Type>().value(row)
}

/// The run of a row; `None` when it cannot have been written so.
pub(super) fn run_at(batch: &RecordBatch, row: usize) -> Option<RunId> {
    Some(RunId(batch[RUN].as_string::<i32>().value(row).parse().ok()?))
}

/// The run since which a row has its state: surely that of the row, where an older version wrote it.
pub(super) fn since_at(batch: &RecordBatch, row: usize) -> Option<RunId> {
    match batch.column_by_name(SINCE) {
        Some(column) => Some(RunId(column.as_string::<i32>().value(row).parse().ok()?)),
        None => run_at(batch, row),
    }
}

/// A batch whose columns were looked up once, which takes longer than to read a value. A column that is not among those
/// that are read is empty.
pub(super) struct LayerRows {
    /// With all of its columns, also those that are not looked up here.
    pub(super) batch: RecordBatch,
    numbers: [UInt64Array; 4],
    texts: [StringArray; 3],
    /// `None` where an older version wrote the layer.
    since: Option<StringArray>,
}

impl LayerRows {
    pub(super) fn of(batch: RecordBatch) -> Self {
        let number = |name| batch.column_by_name(name).map(|column| column.as_primitive().clone());
        let text = |name| batch.column_by_name(name).map(|column| column.as_string().clone());
        let numbers = [KEY, CONTENT, RECORD, STATE].map(number);
        let texts = [RUN, ADDRESS, CUSTOMER_ID].map(text);
        Self {
            numbers: numbers
                .map(|column| column.unwrap_or_else(|| UInt64Array::from_iter_values([]))),
            texts: texts.map(|column| column.unwrap_or_else(|| StringArray::new_null(0))),
            since: text(SINCE),
            batch,
        }
    }

    pub(super) fn key(&self, row: usize) -> u64 {
        self.numbers[0].value(row)
    }

    /// `None` when it cannot have been written so.
    pub(super) fn state(&self, row: usize) -> Option<(MemberState, MemberOrigin)> {
        decode(self.numbers[3].value(row))
    }

    fn run(&self, row: usize) -> Option<RunId> {
        Some(RunId(self.texts[0].value(row).parse().ok()?))
    }

    /// The run since which a row has its state: surely that of the row, where an older version wrote it.
    pub(super) fn since(&self, row: usize) -> Option<RunId> {
        match &self.since {
            Some(since) => Some(RunId(since.value(row).parse().ok()?)),
            None => self.run(row),
        }
    }

    /// A row with all columns; `None` when it cannot have been written so.
    pub(super) fn member(&self, row: usize) -> Option<ListMember> {
        let [_, content, record, _] = &self.numbers;
        let [_, address, customer_id] = &self.texts;
        let (state, origin) = self.state(row)?;
        Some(ListMember {
            address: address.value(row).to_owned(),
            customer_id: customer_id.value(row).to_owned(),
            content: content.value(row),
            record: record.value(row),
            state,
            origin,
            run: self.run(row)?,
        })
    }
}

/// Writes a layer to a temporary file; rows come in the order of their keys.
pub(super) struct LayerWriter {
    file: OwnWriter,
    numbers: [UInt64Builder; 4],
    texts: [StringBuilder; 4],
    rows: usize,
    bytes: usize,
}

impl LayerWriter {
    pub(super) fn new() -> Result<Self, Error> {
        let (schema, repetitive) = (Arc::clone(&SCHEMA), [STATE, RUN, SINCE]);
        let file =
            OwnWriter::new(schema, &repetitive, Some(CUSTOMER_ID)).map_err(Error::Storage)?;
        let (numbers, texts) = Default::default();
        Ok(Self { file, numbers, texts, rows: 0, bytes: 0 })
    }

    /// Adds a member, which has its state since a run.
    pub(super) fn push(
        &mut self,
        key: u64,
        member: &ListMember,
        since: RunId,
    ) -> Result<(), Error> {
        let ListMember { address, customer_id, content, record, state, origin, run } = member;
        let numbers = [key, *content, *record, encode(*state, *origin)];
        self.numbers.iter_mut().zip(numbers).for_each(|(column, value)| column.append_value(value));
        let mut ids = [Uuid::encode_buffer(); 2];
        let [run_id, since_id] = &mut ids;
        let run: &str = run.0.hyphenated().encode_lower(run_id);
        let since: &str = since.0.hyphenated().encode_lower(since_id);
        let texts = [run, address, customer_id, since];
        self.texts.iter_mut().zip(texts).for_each(|(column, value)| column.append_value(value));
        self.rows += 1;
        self.bytes += address.len() + customer_id.len();
        if self.rows == BATCH_ROWS || self.bytes > BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Error> {
        let numbers = self.numbers.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef);
        let texts = self.texts.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef);
        let batch = RecordBatch::try_new(Arc::clone(&SCHEMA), numbers.chain(texts).collect());
        self.file.write(&batch.map_err(Error::unavailable)?).map_err(Error::Storage)?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<OwnFile, Error> {
        if self.rows > 0 {
            self.flush()?;
        }
        self.file.finish().map_err(Error::Storage)
    }
}
