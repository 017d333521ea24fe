//! Checks every row of an upload and converts it to Parquet, each media type in its own way.

use std::{
    io::{Read, Seek, SeekFrom},
    sync::Arc,
};

use arrow_array::{ArrayRef, RecordBatch, StringArray, cast::AsArray};
use arrow_schema::{DataType, Schema, SchemaRef};

use super::{
    super::{
        csv::{self, Dialect, Projection, RecordLimits, Records, Separator},
        customer_ids::CustomerIds,
        error::Error,
        field::{CUSTOMER_ID, Field, FieldType},
        foreign::SHOWN_BYTES,
        limits::ReceiveLimits,
        media::{Media, UploadForm},
        ndjson,
        parquet::{self, Batches},
        spool::Spool,
        text,
        union::PartField,
        windows::Windows,
    },
    candidates::with_candidates,
    unwrap::{advised, chunks, not_utf8, unwrap},
    writer::{MembersFile, Writer},
};

const BATCH_ROWS: usize = 4096;

/// Blocks the thread until the upload is converted.
pub(super) fn convert(
    spool: Spool,
    form: &UploadForm,
    limits: &ReceiveLimits,
) -> Result<MembersFile, Error> {
    let spool = unwrap(spool, form, limits)?;
    let converted = match form.media {
        Media::Csv => from_csv(spool, form, limits),
        Media::Ndjson => from_ndjson(spool, limits),
        Media::Parquet => parquet::catch_panics(|| from_parquet(spool, limits)),
    };
    converted.map_err(|error| advised(error, form))
}

fn dialect(form: &UploadForm) -> Dialect {
    Dialect {
        header: form.header.is_none(),
        columns: form.header.as_ref().map(|names| names.0.clone()),
        delimiter: form.delimiter.unwrap_or_default(),
        ..Dialect::default()
    }
}

/// A wrong separator explains whatever error it leads to.
fn from_csv(
    mut spool: Spool,
    form: &UploadForm,
    limits: &ReceiveLimits,
) -> Result<MembersFile, Error> {
    let head = Head::of(&mut spool)?;
    let header = &head.line;
    if header.to_ascii_lowercase().starts_with("sep=") {
        let hint = form.hint("delimiter=%3B", form.delimiter.is_some());
        let message = format!(
            "this line tells Excel what separates the values; remove it, and for semicolons {hint} the address of the \
             upload"
        );
        return Err(Error::invalid(1, message));
    }
    checked_csv(spool, &dialect(form), limits).map_err(|error| explained(error, &head, form))
}

struct Head {
    line: String,
    is_utf8: bool,
}

impl Head {
    fn of(spool: &mut Spool) -> Result<Self, Error> {
        let mut head = Vec::new();
        spool.by_ref().take(SHOWN_BYTES).read_to_end(&mut head).map_err(Error::unavailable)?;
        spool.rewind().map_err(Error::unavailable)?;
        let text = String::from_utf8_lossy(&head);
        let line =
            text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default().to_owned();
        // The last character may be cut.
        let is_utf8 = str::from_utf8(&head).err().is_none_or(|error| error.error_len().is_none());
        Ok(Self { line, is_utf8 })
    }
}

/// The error as it is, or what seems to separate the values, and the code page with it where nothing says either.
fn explained(error: Error, head: &Head, form: &UploadForm) -> Error {
    let Some(found) = csv::separator(&head.line, form.delimiter.unwrap_or_default()) else {
        return error;
    };
    let says_neither = form.delimiter.is_none() && form.encoding.is_none();
    match error {
        Error::NotUtf8 { line } if form.delimiter.is_none() => not_utf8(line, form, Some(found)),
        Error::Invalid { .. } if says_neither && !head.is_utf8 => not_utf8(1, form, Some(found)),
        Error::Invalid { .. } => other_separator(found, form),
        other => other,
    }
}

fn other_separator(found: Separator, form: &UploadForm) -> Error {
    let Separator { name, encoded, .. } = found;
    let hint = form.hint(&format!("delimiter={encoded}"), form.delimiter.is_some());
    let message =
        format!("the file seems to be separated by {name}; {hint} the address of the upload");
    Error::invalid(1, message)
}

fn checked_csv(
    spool: Spool,
    dialect: &Dialect,
    limits: &ReceiveLimits,
) -> Result<MembersFile, Error> {
    let record_limits =
        RecordLimits { fields_max: limits.fields_max, row_bytes_max: limits.row_bytes_max };
    let mut records = Records::open(chunks(spool), record_limits, dialect)?;
    let customer_id = match customer_id_column(records.header(), dialect, limits) {
        Ok(column) => column,
        Err(error) => return Err(with_candidates(error, &mut records)),
    };
    let projection = Projection::all(records.header());
    let mut customer_ids = CustomerIds::new(Error::invalid, "line");
    let mut writer = Writer::new(text::schema(records.header()), limits)?;
    let mut check = |records: &Records<_>| {
        let id = records.field(customer_id);
        if !dialect.header && records.line() == 1 {
            require_no_names(id.as_deref())?;
        }
        customer_ids.add(id.as_deref(), records.line())
    };
    while let Some(batch) = csv::batch(&mut records, &projection, BATCH_ROWS, &mut check)? {
        writer.write(&batch)?;
    }
    customer_ids.finish()?;
    writer.finish()
}

/// That of the header, or of the names that came with the upload.
fn customer_id_column(
    names: &[String],
    dialect: &Dialect,
    limits: &ReceiveLimits,
) -> Result<usize, Error> {
    if dialect.header {
        return csv::customer_id_column(names);
    }
    if names.len() > limits.fields_max {
        let message =
            format!("`header` names {} columns; the maximum is {}", names.len(), limits.fields_max);
        return Err(Error::invalid(None, message));
    }
    let found = names.iter().position(|name| name == CUSTOMER_ID);
    found.ok_or_else(|| {
        let message = format!(
            "`header` does not name {CUSTOMER_ID}, and every segment must have that column"
        );
        Error::invalid(None, message)
    })
}

/// A line that names the columns is no member.
fn require_no_names(id: Option<&str>) -> Result<(), Error> {
    if id.is_some_and(|id| id.trim().eq_ignore_ascii_case(CUSTOMER_ID)) {
        let message = "this line names the columns; leave out `header`, which is for files without such a line";
        return Err(Error::invalid(1, message));
    }
    Ok(())
}

/// Reads the lines twice: the fields and their types are known only after the last one.
fn from_ndjson(mut spool: Spool, limits: &ReceiveLimits) -> Result<MembersFile, Error> {
    let inferred = ndjson::infer(&mut spool, limits)?;
    spool.seek(SeekFrom::Start(inferred.start)).map_err(Error::unavailable)?;
    let mut writer = Writer::new(Arc::clone(&inferred.schema), limits)?;
    for batch in inferred.batches(spool, BATCH_ROWS)? {
        writer.write(&batch?)?;
    }
    let members = writer.finish()?;
    Ok(MembersFile { fields: inferred.fields(members.fields), ..members })
}

fn from_parquet(spool: Spool, limits: &ReceiveLimits) -> Result<MembersFile, Error> {
    let cancelled = spool.cancelled();
    let windows = Windows::spooled(spool, limits.fields_max).map_err(Error::unavailable)?;
    let file = parquet::open(&windows, limits.fields_max)?;
    let promised = parquet::rows(file.metadata())?;
    if promised > limits.rows_max {
        return Err(Error::TooManyRows { limit_rows: limits.rows_max });
    }
    let fields = parquet::fields(&file, &windows)?;
    let schema = stored_schema(file.schema(), &fields);
    let batches = Batches::open(&file, &windows, parquet::readable(&file, &fields))?;
    drop(file);
    let mut customer_ids = CustomerIds::new(in_row, "row");
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
    if rows != promised {
        return Err(Error::damaged());
    }
    let members = writer.finish()?;
    Ok(MembersFile { fields: fields.into_iter().map(as_stored).collect(), ..members })
}

fn as_stored(part: PartField) -> Field {
    if part.field.name == CUSTOMER_ID {
        return Field::new(CUSTOMER_ID, FieldType::String);
    }
    part.field
}

/// The columns that can be read, in the simplest types that lose nothing: no dictionaries, one type of text, ids as
/// text.
fn stored_schema(schema: &Schema, fields: &[PartField]) -> SchemaRef {
    let readable = schema.fields().iter().zip(fields).filter(|(_, part)| part.field.is_mappable());
    let field = |(column, part): (&Arc<arrow_schema::Field>, &PartField)| {
        let data_type = match parquet::value_type(column.data_type()) {
            _ if column.name() == CUSTOMER_ID => DataType::Utf8,
            _ if part.field.r#type == FieldType::String => DataType::Utf8,
            DataType::Float16 => DataType::Float32,
            DataType::Date64 => DataType::Date32,
            other => other.clone(),
        };
        arrow_schema::Field::new(column.name(), data_type, true)
    };
    Arc::new(Schema::new(readable.map(field).collect::<Vec<_>>()))
}

fn cast_to(schema: &SchemaRef, batch: &RecordBatch) -> Result<RecordBatch, Error> {
    let column = |(column, field): (&ArrayRef, &Arc<arrow_schema::Field>)| {
        let read = match field.data_type() {
            DataType::Utf8 => text::of(column),
            other => text::exactly(column, other),
        };
        read.map_err(|cause| Error::of_values(field.name(), column.data_type(), cause))
    };
    let columns = batch.columns().iter().zip(schema.fields()).map(column);
    let columns = columns.collect::<Result<Vec<ArrayRef>, _>>()?;
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
        let failed = |cause| Error::of_values(field.name(), field.data_type(), cause);
        let values = text::of(column).map_err(failed)?;
        for (row, value) in (rows_before + 1..).zip(values.as_string::<i32>()) {
            if let Some(message) = value.and_then(|value| value_error(value, field.name())) {
                return Err(in_row(row, message));
            }
        }
    }
    Ok(())
}

fn value_error(value: &str, name: &str) -> Option<String> {
    value.contains('\0').then(|| format!("{name:?} contains a zero byte"))
}
