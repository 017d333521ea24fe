//! From what was sent to checked Parquet, one way for each kind of upload.

use std::{
    io::{BufReader, Read, Seek, SeekFrom},
    sync::Arc,
};

use ::parquet::errors::ParquetError;
use arrow_array::{ArrayRef, RecordBatch, StringArray, cast::AsArray};
use arrow_cast::cast;
use arrow_schema::{DataType, Schema, SchemaRef};
use bytes::Bytes;

use super::{
    super::{
        CUSTOMER_ID, Error, FieldType, Media, ReceiveLimits,
        csv::{self, Dialect, Limits, Records, Wanted},
        customers::Customers,
        ndjson, parquet, text,
        windows::Windows,
    },
    Spool,
    writer::{Taken, Writer},
};

/// How many rows go through at once.
const BATCH_ROWS: usize = 4096;
const CHUNK_BYTES: u64 = 1 << 20;

/// Checks every row of a spooled upload and rewrites it; blocks.
pub(super) fn convert(spool: Spool, media: Media, limits: &ReceiveLimits) -> Result<Taken, Error> {
    match media {
        Media::Csv => from_csv(spool, limits),
        Media::Ndjson => from_ndjson(spool, limits),
        Media::Parquet => parquet::guard(|| from_parquet(spool, limits)),
    }
}

fn from_csv(spool: Spool, limits: &ReceiveLimits) -> Result<Taken, Error> {
    let sizes = Limits { fields_max: limits.fields_max, row_bytes_max: limits.row_bytes_max };
    let mut records = Records::open(chunks(spool), sizes, &Dialect::default())?;
    let customer = csv::customer_column(records.header())?;
    let wanted = Wanted::all(records.header());
    let mut customers = Customers::new(Error::invalid);
    let mut writer = Writer::new(text::schema(records.header()), limits)?;
    let mut admit =
        |records: &Records<_>| customers.admit(records.field(customer).as_deref(), records.line());
    while let Some(batch) = csv::batch(&mut records, &wanted, BATCH_ROWS, &mut admit)? {
        writer.write(&batch)?;
    }
    customers.finish()?;
    writer.finish()
}

fn chunks(mut file: Spool) -> impl Iterator<Item = Result<Bytes, Error>> {
    std::iter::from_fn(move || {
        let mut chunk = Vec::new();
        match file.by_ref().take(CHUNK_BYTES).read_to_end(&mut chunk) {
            Ok(0) => None,
            Ok(_) => Some(Ok(Bytes::from(chunk))),
            Err(cause) => Some(Err(Error::unavailable(cause))),
        }
    })
}

/// Twice over the lines: which fields there are and of what type is known only after the last.
fn from_ndjson(mut spool: Spool, limits: &ReceiveLimits) -> Result<Taken, Error> {
    let learned = ndjson::learn(&mut spool, limits)?;
    spool.seek(SeekFrom::Start(learned.start)).map_err(Error::unavailable)?;
    let lines = arrow_json::ReaderBuilder::new(Arc::clone(&learned.schema))
        .with_coerce_primitive(true)
        .with_batch_size(BATCH_ROWS.min(learned.batch_rows))
        .build(BufReader::with_capacity(1 << 20, spool))
        .map_err(Error::unavailable)?;
    let mut writer = Writer::new(learned.schema, limits)?;
    for batch in lines {
        writer.write(&batch.map_err(Error::unavailable)?)?;
    }
    writer.finish()
}

fn from_parquet(spool: Spool, limits: &ReceiveLimits) -> Result<Taken, Error> {
    let windows = Windows::spooled(spool, limits.fields_max).map_err(Error::unavailable)?;
    let explain = |cause: ParquetError| windows.explain(&cause);
    let file = parquet::open(windows.clone()).map_err(explain)?;
    let found = parquet::fields(file.schema())?.len();
    if found > limits.fields_max {
        let message =
            format!("the file has {found} columns; at most {} are taken", limits.fields_max);
        return Err(Error::invalid(None, message));
    }
    let promised = parquet::rows(file.metadata())?;
    if promised > limits.rows_max {
        return Err(Error::TooManyRows { limit_rows: limits.rows_max });
    }
    let schema = kept_schema(file.schema());
    let batches = file.with_batch_size(1024).build().map_err(explain)?;
    let mut customers = Customers::new(wrong_row);
    let mut writer = Writer::new(Arc::clone(&schema), limits)?;
    let mut rows = 0;
    for batch in batches {
        let batch = batch.map_err(|cause| explain(cause.into()))?;
        let batch = keep(&batch, &schema)?;
        check(&batch, rows, &mut customers, limits)?;
        writer.write(&batch)?;
        rows += batch.num_rows() as u64;
    }
    customers.finish()?;
    if rows == promised { writer.finish() } else { Err(Error::damaged()) }
}

/// The same columns in the plainest kind that holds them: no dictionaries, one kind of text, ids as text.
fn kept_schema(schema: &Schema) -> SchemaRef {
    let keep = |column: &Arc<arrow_schema::Field>| {
        let kind = match parquet::plain(column.data_type()) {
            _ if column.name() == CUSTOMER_ID => DataType::Utf8,
            DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => DataType::Utf8,
            DataType::Float16 => DataType::Float32,
            DataType::Date64 => DataType::Date32,
            kind => kind.clone(),
        };
        arrow_schema::Field::new(column.name(), kind, true)
    };
    Arc::new(Schema::new(schema.fields().iter().map(keep).collect::<Vec<_>>()))
}

fn keep(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, Error> {
    let pairs = batch.columns().iter().zip(schema.fields());
    let columns = pairs.map(|(column, field)| cast(column, field.data_type()));
    let columns = columns
        .collect::<Result<Vec<ArrayRef>, _>>()
        .map_err(|cause| Error::of_parquet(&cause.into()))?;
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(Error::unavailable)
}

#[expect(clippy::needless_pass_by_value, reason = "`Customers` hands its message over")]
fn wrong_row(row: u64, message: String) -> Error {
    Error::invalid(None, format!("row {row}: {message}"))
}

/// Refuses rows without an id, and values that could not be read later.
fn check(
    batch: &RecordBatch,
    before: u64,
    customers: &mut Customers,
    limits: &ReceiveLimits,
) -> Result<(), Error> {
    let ids: &StringArray = batch[CUSTOMER_ID].as_string();
    for (row, id) in (before + 1..).zip(ids) {
        customers.admit(id, row)?;
    }
    let readable =
        |kind| matches!(text::field_type(kind), Some(FieldType::String | FieldType::Date));
    for (column, field) in batch.columns().iter().zip(batch.schema_ref().fields()) {
        if !readable(field.data_type()) {
            continue;
        }
        let values = text::of(column).map_err(|_| out_of_range(field.name()))?;
        for (row, value) in (before + 1..).zip(values.as_string::<i32>()) {
            if let Some(message) = value.and_then(|value| unfit(value, field.name(), limits)) {
                return Err(wrong_row(row, message));
            }
        }
    }
    Ok(())
}

fn out_of_range(name: &str) -> Error {
    Error::invalid(None, format!("column {name:?} holds a date that no calendar has"))
}

fn unfit(value: &str, name: &str, limits: &ReceiveLimits) -> Option<String> {
    if value.len() > limits.row_bytes_max {
        return Some(format!("{name:?} is longer than {} bytes", limits.row_bytes_max));
    }
    value.contains('\0').then(|| format!("{name:?} holds a zero byte"))
}
