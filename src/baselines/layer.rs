//! The columns of a layer. Numbers come first: an index needs nothing else.

use std::sync::{Arc, LazyLock};

use arrow_array::builder::{StringBuilder, UInt64Builder};
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use uuid::Uuid;

use super::error::Error;
use super::member::ListMember;
use super::state::{decode, encode};
use crate::names::RunId;
use crate::storage::{OwnFile, OwnWriter};

pub(super) const KEY: &str = "key";
pub(super) const CONTENT: &str = "content";
pub(super) const RECORD: &str = "record";
pub(super) const STATE: &str = "state";
pub(super) const RUN: &str = "run";
pub(super) const ADDRESS: &str = "address";
pub(super) const CUSTOMER_ID: &str = "customerId";

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
    Arc::new(Schema::new(numbers.into_iter().chain(texts).collect::<Vec<_>>()))
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

/// The run of a row; `None` when it cannot have been written so.
pub(super) fn run_at(batch: &RecordBatch, row: usize) -> Option<RunId> {
    Some(RunId(batch[RUN].as_string::<i32>().value(row).parse().ok()?))
}

/// A row with all columns; `None` when it cannot have been written so.
pub(super) fn member(batch: &RecordBatch, row: usize) -> Option<ListMember> {
    let text = |column: &str| batch[column].as_string::<i32>().value(row);
    let (state, origin) = decode(number_at(batch, STATE, row))?;
    Some(ListMember {
        address: text(ADDRESS).to_owned(),
        customer_id: text(CUSTOMER_ID).to_owned(),
        content: number_at(batch, CONTENT, row),
        record: number_at(batch, RECORD, row),
        state,
        origin,
        run: run_at(batch, row)?,
    })
}

/// Writes a layer to a temporary file; rows come in the order of their keys.
pub(super) struct LayerWriter {
    file: OwnWriter,
    numbers: [UInt64Builder; 4],
    texts: [StringBuilder; 3],
    rows: usize,
    bytes: usize,
}

impl LayerWriter {
    pub(super) fn new() -> Result<Self, Error> {
        let file = OwnWriter::new(Arc::clone(&SCHEMA), &[STATE, RUN]).map_err(Error::Storage)?;
        let (numbers, texts) = Default::default();
        Ok(Self { file, numbers, texts, rows: 0, bytes: 0 })
    }

    pub(super) fn push(&mut self, key: u64, member: &ListMember) -> Result<(), Error> {
        let ListMember { address, customer_id, content, record, state, origin, run } = member;
        let numbers = [key, *content, *record, encode(*state, *origin)];
        self.numbers.iter_mut().zip(numbers).for_each(|(column, value)| column.append_value(value));
        let mut id = Uuid::encode_buffer();
        let run: &str = run.0.hyphenated().encode_lower(&mut id);
        let texts = [run, address, customer_id];
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
