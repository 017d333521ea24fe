//! Parquet files: their footers, and their rows as pages of text.

mod footer;

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder},
    },
    errors::ParquetError,
    file::reader::ChunkReader,
};

use super::{
    error::Error,
    limits::{PAGE_BYTES, PAGE_ROWS},
    manifest::Object,
    pinned::PinnedObject,
    text,
    windows::Windows,
};
pub(super) use footer::{catch_panics, fields, inspect, open, rows, value_type};

/// Reads the named columns of a stored file as text, page after page.
pub(super) fn pages(
    pinned: PinnedObject,
    object: &Object,
    names: &[String],
) -> Result<impl Iterator<Item = Result<RecordBatch, Error>> + use<>, Error> {
    let windows = Windows::stored(pinned, names.len());
    let reader = project(windows.clone(), object, names).map_err(|cause| match cause {
        ProjectionError::Missing(message) => Error::invalid(None, message),
        ProjectionError::Unreadable(cause) => windows.explain(&cause),
    })?;
    let schema = text::schema(names);
    Ok(reader.map(move |batch| {
        let batch = batch.map_err(|cause| windows.explain(&cause.into()))?;
        let columns = schema.fields().iter().map(|field| text::of(&batch[field.name().as_str()]));
        let columns =
            columns.collect::<Result<_, _>>().map_err(|cause| Error::of_parquet(&cause.into()))?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)
            .map_err(Error::unavailable)
    }))
}

enum ProjectionError {
    Missing(String),
    Unreadable(ParquetError),
}

impl From<ParquetError> for ProjectionError {
    fn from(cause: ParquetError) -> Self {
        Self::Unreadable(cause)
    }
}

fn project(
    windows: Windows,
    object: &Object,
    names: &[String],
) -> Result<ParquetRecordBatchReader, ProjectionError> {
    let file = open(windows)?;
    let find = |name: &String| {
        let index = file.schema().index_of(name);
        index.map_err(|_| ProjectionError::Missing(format!("there is no column {name:?}")))
    };
    let columns = names.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    let rows = page_rows(&file, &columns, object.rows);
    let mask = ProjectionMask::roots(file.parquet_schema(), columns);
    Ok(file.with_batch_size(rows).with_projection(mask).build()?)
}

/// Pages of long rows have fewer rows; the footer has the sizes.
fn page_rows<R: ChunkReader>(
    file: &ParquetRecordBatchReaderBuilder<R>,
    columns: &[usize],
    rows: u64,
) -> usize {
    let groups = file.metadata().row_groups().iter();
    let size = |index: &usize| {
        groups.clone().map(|group| group.column(*index).uncompressed_size().max(0)).sum::<i64>()
    };
    let bytes: i64 = columns.iter().map(size).sum();
    let row_bytes = u64::try_from(bytes).unwrap_or(0) / rows.max(1);
    let rows = PAGE_BYTES as u64 / row_bytes.max(1);
    usize::try_from(rows).map_or(PAGE_ROWS, |rows| rows.clamp(1, PAGE_ROWS))
}
