//! What is accepted and how it is read back; what is rejected and with which message.

mod accepted;
mod characters;
mod forms;
mod hostile;
mod properties;
mod rejected;
mod types;

use std::{convert::Infallible, sync::Arc};

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int64Array,
    ListArray, NullArray, RecordBatch, StringArray, TimestampMicrosecondArray, cast::AsArray,
    types::Int32Type,
};
use arrow_schema::{DataType, TimeUnit};
use bytes::Bytes;
use futures::{TryStreamExt, stream};

use parquet::arrow::ArrowWriter;

use crate::storage::{
    Error, Field, FieldType, Inspection, Media, PAGE_ROWS, ReceiveLimits, RootSettings, Storage,
    WantedColumns,
};

const LIMITS: ReceiveLimits = ReceiveLimits {
    bytes_max: 64 << 20,
    rows_max: 200_000,
    fields_max: 20,
    row_bytes_max: 1 << 20,
    stored_bytes_max: 64 << 20,
    may_be_empty: false,
};

type Row = Vec<Option<String>>;

fn storage() -> (tempfile::TempDir, Storage) {
    let folder = tempfile::tempdir().unwrap();
    let url = url::Url::from_directory_path(folder.path()).unwrap();
    let storage = Storage::open(&[RootSettings::default_at(url.as_str())]).unwrap();
    (folder, storage)
}

/// Sends a body in chunks that cut records and characters anywhere.
async fn send(
    storage: &Storage,
    media: Media,
    body: impl Into<Vec<u8>>,
) -> Result<Inspection, Error> {
    send_within(storage, media, body, &LIMITS).await
}

async fn send_within(
    storage: &Storage,
    media: Media,
    body: impl Into<Vec<u8>>,
    limits: &ReceiveLimits,
) -> Result<Inspection, Error> {
    let body: Vec<u8> = body.into();
    let size = (body.len() / 7).max(3);
    let chunks: Vec<_> =
        body.chunks(size).map(Bytes::copy_from_slice).map(Ok::<_, Infallible>).collect();
    storage.receive("tests", media, stream::iter(chunks), limits).await
}

async fn rows(storage: &Storage, received: &Inspection, columns: &[&str]) -> Vec<Row> {
    let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
    let pages = storage.pages(Arc::new(received.manifest.clone()), WantedColumns::of(columns));
    let pages: Vec<RecordBatch> = pages.try_collect().await.unwrap();
    pages.iter().flat_map(rows_of).collect()
}

fn rows_of(page: &RecordBatch) -> Vec<Row> {
    let value =
        |row: usize, column: usize| page.column(column).as_string::<i32>().iter().nth(row).unwrap();
    let row =
        |row| (0..page.num_columns()).map(|column| value(row, column).map(String::from)).collect();
    (0..page.num_rows()).map(row).collect()
}

fn row<const N: usize>(values: [&str; N]) -> Row {
    values.iter().map(|value| (!value.is_empty()).then(|| value.to_string())).collect()
}

fn field(name: &str, r#type: FieldType) -> Field {
    Field::new(name, r#type)
}

/// Nothing but folders is left in the storage.
fn is_empty(folder: &std::path::Path) -> bool {
    std::fs::read_dir(folder).unwrap().all(|entry| {
        let path = entry.unwrap().path();
        path.is_dir() && is_empty(&path)
    })
}

fn parquet_of(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let columns = columns.into_iter().map(|(name, column)| (name, column, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn members(count: usize) -> Vec<u8> {
    let ids = StringArray::from_iter_values((0..count).map(|index| format!("customer {index}")));
    parquet_of(vec![("CustomerId", Arc::new(ids))])
}
