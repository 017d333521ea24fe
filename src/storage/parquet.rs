//! Parquet files: what their footers say, and their rows.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Schema};
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder},
    },
    errors::ParquetError,
    file::reader::ChunkReader,
};

use super::{
    CUSTOMER_ID, Error, Field, FieldType, Object, PAGE_BYTES, PAGE_ROWS, source::Source, text,
    windows::Windows,
};

/// Reads the footer of a stored file: its fields and its number of rows.
pub(super) fn look(source: Source) -> Result<(Vec<Field>, u64), Error> {
    let windows = Windows::new(source, 1);
    let file = open(windows.clone()).map_err(|cause| windows.explain(&cause))?;
    Ok((fields(file.schema())?, rows(&file)?))
}

/// Reads the footer of a file.
pub(super) fn open<R: ChunkReader + 'static>(
    reader: R,
) -> Result<ParquetRecordBatchReaderBuilder<R>, ParquetError> {
    ParquetRecordBatchReaderBuilder::try_new(reader)
}

/// The number of rows that the footer promises.
pub(super) fn rows<R: ChunkReader>(
    file: &ParquetRecordBatchReaderBuilder<R>,
) -> Result<u64, Error> {
    let rows = file.metadata().file_metadata().num_rows();
    u64::try_from(rows).map_err(|_| {
        Error::invalid(
            None,
            "the footer of the Parquet file promises less than no rows",
        )
    })
}

/// The fields of a file; refuses nested and binary columns by name, and files without a fitting `CustomerId`.
pub(super) fn fields(schema: &Schema) -> Result<Vec<Field>, Error> {
    let mut fields: Vec<Field> = Vec::with_capacity(schema.fields().len());
    for column in schema.fields() {
        let name = column.name().clone();
        if name.trim().is_empty() || fields.iter().any(|field| field.name == name) {
            return Err(Error::invalid(
                None,
                format!("the column name {name:?} is empty or stands twice"),
            ));
        }
        let r#type = text::field_type(column.data_type()).ok_or_else(|| not_flat(&name))?;
        fields.push(Field { name, r#type });
    }
    require_customer(schema)?;
    Ok(fields)
}

fn not_flat(name: &str) -> Error {
    let message = format!(
        "column {name:?} is nested or binary; only text, numbers, booleans, dates and times are taken"
    );
    Error::invalid(None, message)
}

fn require_customer(schema: &Schema) -> Result<(), Error> {
    let kind = schema
        .field_with_name(CUSTOMER_ID)
        .map(|column| plain(column.data_type()));
    match kind {
        Ok(kind) if kind.is_integer() || text::field_type(kind) == Some(FieldType::String) => {
            Ok(())
        }
        Ok(_) => Err(Error::invalid(
            None,
            format!("column {CUSTOMER_ID} must hold text or whole numbers"),
        )),
        Err(_) => Err(Error::invalid(
            None,
            format!("there is no column {CUSTOMER_ID}, which every segment must have"),
        )),
    }
}

/// The kind of the values, also when they are kept in a dictionary.
pub(super) fn plain(kind: &DataType) -> &DataType {
    match kind {
        DataType::Dictionary(_, value) => value,
        other => other,
    }
}

/// Reads the named columns of a stored file as text, page after page.
pub(super) fn pages(
    source: Source,
    object: &Object,
    names: &[String],
) -> Result<impl Iterator<Item = Result<RecordBatch, Error>> + use<>, Error> {
    let windows = Windows::new(source, names.len());
    let reader = project(windows.clone(), object, names).map_err(|cause| match cause {
        Refusal::Missing(message) => Error::invalid(None, message),
        Refusal::Unreadable(cause) => windows.explain(&cause),
    })?;
    let schema = text::schema(names);
    Ok(reader.map(move |batch| {
        let batch = batch.map_err(|cause| windows.explain(&cause.into()))?;
        let columns = schema
            .fields()
            .iter()
            .map(|field| text::of(&batch[field.name().as_str()]));
        let columns = columns
            .collect::<Result<_, _>>()
            .map_err(|cause| Error::of_parquet(&cause.into()))?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)
            .map_err(Error::unavailable)
    }))
}

enum Refusal {
    Missing(String),
    Unreadable(ParquetError),
}

impl From<ParquetError> for Refusal {
    fn from(cause: ParquetError) -> Self {
        Self::Unreadable(cause)
    }
}

fn project(
    windows: Windows,
    object: &Object,
    names: &[String],
) -> Result<ParquetRecordBatchReader, Refusal> {
    let file = open(windows)?;
    let find = |name: &String| {
        let index = file.schema().index_of(name);
        index.map_err(|_| Refusal::Missing(format!("there is no column {name:?}")))
    };
    let columns = names.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    let rows = page_rows(&file, &columns, object.rows);
    let mask = ProjectionMask::roots(file.parquet_schema(), columns);
    Ok(file.with_batch_size(rows).with_projection(mask).build()?)
}

/// Fewer rows to a page where the footer says that rows are long.
fn page_rows<R: ChunkReader>(
    file: &ParquetRecordBatchReaderBuilder<R>,
    columns: &[usize],
    rows: u64,
) -> usize {
    let groups = file.metadata().row_groups().iter();
    let size = |index: &usize| {
        groups
            .clone()
            .map(|group| group.column(*index).uncompressed_size().max(0))
            .sum::<i64>()
    };
    let bytes: i64 = columns.iter().map(size).sum();
    let row_bytes = u64::try_from(bytes).unwrap_or(0) / rows.max(1);
    let rows = PAGE_BYTES as u64 / row_bytes.max(1);
    usize::try_from(rows).map_or(PAGE_ROWS, |rows| rows.clamp(1, PAGE_ROWS))
}
