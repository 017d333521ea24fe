//! Parquet files: their footers, and their rows as pages of text.

mod batches;
mod budget;
mod chunk;
mod columns;
mod cut;
mod delta;
mod footer;
mod format;
mod memory;
mod page;
mod panics;
mod pieces;
mod shape;
mod thrift;
mod unpacked;
mod zones;

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, cast::AsArray, new_null_array};
use arrow_schema::{DataType, Field, SchemaRef};
use parquet::arrow::ProjectionMask;

use super::{
    customer_ids,
    error::Error,
    field::CUSTOMER_ID,
    limits::{FIELDS_MAX, ROW_BYTES_MAX},
    pinned::PinnedObject,
    text,
    union::PartField,
    windows::Windows,
};
pub(super) use batches::Batches;
pub(super) use columns::{fields, readable};
pub(super) use cut::cut;
pub(super) use footer::{open, rows, value_type};
pub(super) use panics::catch_panics;
pub(super) use pieces::read_bytes;
pub(super) use shape::CHUNKS_MAX;

/// The fields of a stored file, and its number of rows.
pub(super) fn inspect(object: PinnedObject) -> Result<(Vec<PartField>, u64), Error> {
    let windows = Windows::stored(object, 1);
    catch_panics(|| {
        let file = open(&windows, FIELDS_MAX)?;
        let rows = rows(file.metadata())?;
        Ok((fields(&file, &windows)?, rows))
    })
}

/// Reads the named columns of a stored file as text, page after page. One that the file lacks is null, unless it is
/// needed.
pub(super) fn pages(
    pinned: PinnedObject,
    names: &[String],
    needed: &[String],
) -> Result<impl Iterator<Item = Result<RecordBatch, Error>> + use<>, Error> {
    let windows = Windows::stored(pinned, names.len());
    let file = open(&windows, FIELDS_MAX)?;
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        match file.schema().index_of(name) {
            Ok(index) => columns.push(index),
            Err(_) if needed.contains(name) => {
                return Err(Error::invalid(None, format!("there is no column {name:?}")));
            }
            Err(_) => {}
        }
    }
    let mask = ProjectionMask::roots(file.parquet_schema(), columns);
    let batches = Batches::open(&file, &windows, mask)?;
    let schema = text::schema(names);
    Ok(parts(batches).map(move |part| as_text(&part?, &schema)))
}

/// Batches in parts that are small as text, one after the other.
fn parts(
    mut batches: impl Iterator<Item = Result<RecordBatch, Error>>,
) -> impl Iterator<Item = Result<RecordBatch, Error>> {
    let (mut parts, mut rows) = (Vec::new().into_iter(), 0);
    std::iter::from_fn(move || {
        loop {
            if let Some(part) = parts.next() {
                return Some(Ok(part));
            }
            // What is left of the last batch is dropped before the next one is read.
            parts = Vec::new().into_iter();
            let batch = match batches.next()? {
                Ok(batch) => batch,
                Err(error) => return Some(Err(error)),
            };
            match cut(&batch, rows, ROW_BYTES_MAX) {
                Ok(cut) => parts = cut.into_iter(),
                Err(error) => return Some(Err(error)),
            }
            rows += batch.num_rows() as u64;
        }
    })
}

/// Only CSV is read to its end when it is inspected.
fn require_short_ids(schema: &SchemaRef, columns: &[ArrayRef]) -> Result<(), Error> {
    let Ok(index) = schema.index_of(CUSTOMER_ID) else { return Ok(()) };
    let mut ids = columns[index].as_string::<i32>().iter().flatten();
    ids.try_for_each(customer_ids::require_short).map_err(|message| Error::invalid(None, message))
}

fn as_text(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, Error> {
    let column = |field: &Arc<Field>| match batch.column_by_name(field.name()) {
        Some(column) => text::of_foreign(column)
            .map_err(|cause| Error::of_values(field.name(), column.data_type(), cause)),
        None => Ok(new_null_array(&DataType::Utf8, batch.num_rows())),
    };
    let columns: Vec<_> = schema.fields().iter().map(column).collect::<Result<_, _>>()?;
    require_short_ids(schema, &columns)?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
        .map_err(Error::unavailable)
}
