//! Checks every row of an upload and converts it to Parquet, each media type in its own way.

use std::{
    io::{BufReader, Read, Seek, SeekFrom},
    sync::Arc,
};

use ::parquet::arrow::ProjectionMask;
use arrow_array::{ArrayRef, RecordBatch, StringArray, cast::AsArray};
use arrow_cast::cast;
use arrow_schema::{DataType, Schema, SchemaRef};
use bytes::Bytes;

use super::{
    super::{
        csv::{self, Dialect, Projection, RecordLimits, Records},
        customer_ids::CustomerIds,
        error::Error,
        field::{CUSTOMER_ID, FieldType},
        limits::ReceiveLimits,
        media::Media,
        ndjson,
        parquet::{self, Batches},
        spool::Spool,
        text,
        windows::Windows,
    },
    writer::{MembersFile, Writer},
};

const BATCH_ROWS: usize = 4096;
const CHUNK_BYTES: u64 = 1 << 20;

/// Blocks the thread until the upload is converted.
pub(super) fn convert(
    spool: Spool,
    media: Media,
    limits: &ReceiveLimits,
) -> Result<MembersFile, Error> {
    match media {
        Media::Csv => from_csv(spool, limits),
        Media::Ndjson => from_ndjson(spool, limits),
        Media::Parquet => parquet::catch_panics(|| from_parquet(spool, limits)),
    }
}

fn from_csv(spool: Spool, limits: &ReceiveLimits) -> Result<MembersFile, Error> {
    let record_limits =
        RecordLimits { fields_max: limits.fields_max, row_bytes_max: limits.row_bytes_max };
    let mut records = Records::open(chunks(spool), record_limits, &Dialect::default())?;
    let customer_id = csv::customer_id_column(records.header())?;
    let projection = Projection::all(records.header());
    let mut customer_ids = CustomerIds::new(Error::invalid);
    let mut writer = Writer::new(text::schema(records.header()), limits)?;
    let mut check = |records: &Records<_>| {
        customer_ids.add(records.field(customer_id).as_deref(), records.line())
    };
    while let Some(batch) = csv::batch(&mut records, &projection, BATCH_ROWS, &mut check)? {
        writer.write(&batch)?;
    }
    customer_ids.finish()?;
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

/// Reads the lines twice: the fields and their types are known only after the last one.
fn from_ndjson(mut spool: Spool, limits: &ReceiveLimits) -> Result<MembersFile, Error> {
    let inferred = ndjson::infer(&mut spool, limits)?;
    spool.seek(SeekFrom::Start(inferred.start)).map_err(Error::unavailable)?;
    let lines = arrow_json::ReaderBuilder::new(Arc::clone(&inferred.schema))
        .with_coerce_primitive(true)
        .with_batch_size(BATCH_ROWS.min(inferred.batch_rows))
        .build(BufReader::with_capacity(1 << 20, spool))
        .map_err(Error::unavailable)?;
    let mut writer = Writer::new(inferred.schema, limits)?;
    for batch in lines {
        writer.write(&batch.map_err(Error::unavailable)?)?;
    }
    writer.finish()
}

fn from_parquet(spool: Spool, limits: &ReceiveLimits) -> Result<MembersFile, Error> {
    let cancelled = spool.cancelled();
    let windows = Windows::spooled(spool, limits.fields_max).map_err(Error::unavailable)?;
    let file = parquet::open(&windows, limits.fields_max)?;
    parquet::fields(file.schema())?;
    let promised = parquet::rows(file.metadata())?;
    if promised > limits.rows_max {
        return Err(Error::TooManyRows { limit_rows: limits.rows_max });
    }
    let schema = stored_schema(file.schema());
    let batches = Batches::open(&file, &windows, ProjectionMask::all())?;
    drop(file);
    let mut customer_ids = CustomerIds::new(in_row);
    let mut writer = Writer::new(Arc::clone(&schema), limits)?;
    let mut rows = 0;
    for batch in batches {
        for part in parquet::cut(&batch?, rows, limits.row_bytes_max)? {
            if cancelled.is_cancelled() {
                return Err(Error::unavailable("cancelled: the caller has left"));
            }
            let part = cast_to(&schema, &part)?;
            check(&part, rows, &mut customer_ids)?;
            writer.write(&part)?;
            rows += part.num_rows() as u64;
        }
    }
    customer_ids.finish()?;
    if rows == promised { writer.finish() } else { Err(Error::damaged()) }
}

/// The same columns in the simplest types that lose nothing: no dictionaries, one type of text, ids as text.
fn stored_schema(schema: &Schema) -> SchemaRef {
    let field = |column: &Arc<arrow_schema::Field>| {
        let data_type = match parquet::value_type(column.data_type()) {
            _ if column.name() == CUSTOMER_ID => DataType::Utf8,
            DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => DataType::Utf8,
            DataType::Float16 => DataType::Float32,
            DataType::Date64 => DataType::Date32,
            other => other.clone(),
        };
        arrow_schema::Field::new(column.name(), data_type, true)
    };
    Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>()))
}

fn cast_to(schema: &SchemaRef, batch: &RecordBatch) -> Result<RecordBatch, Error> {
    let pairs = batch.columns().iter().zip(schema.fields());
    let columns = pairs.map(|(column, field)| cast(column, field.data_type()));
    let columns = columns
        .collect::<Result<Vec<ArrayRef>, _>>()
        .map_err(|cause| Error::of_parquet(&cause.into()))?;
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(Error::unavailable)
}

#[expect(clippy::needless_pass_by_value, reason = "`CustomerIds` passes its message on")]
fn in_row(row: u64, message: String) -> Error {
    Error::invalid(None, format!("row {row}: {message}"))
}

/// Rejects rows without an id, and values that could not be read later.
fn check(
    batch: &RecordBatch,
    rows_before: u64,
    customer_ids: &mut CustomerIds,
) -> Result<(), Error> {
    let ids: &StringArray = batch[CUSTOMER_ID].as_string();
    for (row, id) in (rows_before + 1..).zip(ids) {
        customer_ids.add(id, row)?;
    }
    let may_be_unreadable = |data_type| {
        matches!(text::field_type(data_type), Some(FieldType::String | FieldType::Date))
    };
    for (column, field) in batch.columns().iter().zip(batch.schema_ref().fields()) {
        if !may_be_unreadable(field.data_type()) {
            continue;
        }
        let values = text::of(column).map_err(|_| out_of_range(field.name()))?;
        for (row, value) in (rows_before + 1..).zip(values.as_string::<i32>()) {
            if let Some(message) = value.and_then(|value| value_error(value, field.name())) {
                return Err(in_row(row, message));
            }
        }
    }
    Ok(())
}

fn out_of_range(name: &str) -> Error {
    Error::invalid(None, format!("column {name:?} contains a date that is out of range"))
}

fn value_error(value: &str, name: &str) -> Option<String> {
    value.contains('\0').then(|| format!("{name:?} contains a zero byte"))
}
