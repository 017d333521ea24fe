//! A file of the log: Parquet, in the columns of schema `1`. The names and their order are promised.

use std::sync::Arc;

use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, TimeUnit};
use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::row::LoggedRow;
use crate::db::Time;
use crate::names::{ExportId, RunId};
use crate::storage::encode_table;

/// The key of the metadata that has the version of the schema, and the version.
const SCHEMA: (&str, &str) = ("segment-export.row-log.schema", "1");
const ZONE: &str = "UTC";
/// Columns of which most values are different.
const DIFFERENT: [&str; 3] = ["identifier", "address_hash", "record_payload"];

type Words = StringDictionaryBuilder<Int32Type>;

/// What all rows of a file share.
#[derive(Clone, Debug)]
pub struct Stamp {
    pub export: ExportId,
    pub run: RunId,
    /// `None` of people who left.
    pub batch: Option<i64>,
    pub attempt: i64,
    pub trace_id: Option<String>,
    pub started: Time,
    pub ended: Time,
}

/// The columns; `record_payload` is the last one where rows have it.
pub fn columns(has_payload: bool) -> Vec<(&'static str, DataType)> {
    let time = || DataType::Timestamp(TimeUnit::Microsecond, Some(ZONE.into()));
    let mut columns = vec![
        ("identifier", DataType::Utf8),
        ("operation", DataType::Utf8),
        ("status", DataType::Utf8),
        ("status_message", DataType::Utf8),
        ("batch_started_at", time()),
        ("batch_ended_at", time()),
        ("sync_configuration_id", DataType::Utf8),
        ("sync_run_id", DataType::Utf8),
        ("outcome", DataType::Utf8),
        ("code", DataType::Utf8),
        ("batch", DataType::Int64),
        ("attempt", DataType::Int64),
        ("trace_id", DataType::Utf8),
        ("address_hash", DataType::Utf8),
    ];
    columns.extend(has_payload.then_some(("record_payload", DataType::Utf8)));
    columns
}

/// A complete file of these rows.
pub fn encode(
    stamp: &Stamp,
    rows: &[LoggedRow<'_>],
    has_payload: bool,
) -> Result<Bytes, ParquetError> {
    let names = columns(has_payload).into_iter().map(|(name, _)| name);
    let columns = names.zip(arrays(stamp, rows, has_payload)).collect();
    let mut properties =
        WriterProperties::builder().set_statistics_enabled(EnabledStatistics::Chunk);
    for column in DIFFERENT {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(column), false);
    }
    encode_table(SCHEMA, columns, properties)
}

/// In the order of the columns.
fn arrays(stamp: &Stamp, rows: &[LoggedRow<'_>], has_payload: bool) -> Vec<ArrayRef> {
    let all = rows.len();
    let time = |time: Time| -> ArrayRef {
        let micros = TimestampMicrosecondArray::from(vec![time.timestamp_micros(); all]);
        Arc::new(micros.with_timezone(ZONE))
    };
    let number =
        |number: Option<i64>| -> ArrayRef { Arc::new(Int64Array::from(vec![number; all])) };
    let same = |text: Option<&str>| {
        let mut words = Words::new();
        append(&mut words, text, all);
        built(words)
    };
    let (export, run) = (stamp.export.0.to_string(), stamp.run.0.to_string());
    let mut arrays = vec![
        texts(rows.iter().map(|row| row.identifier)),
        words(rows, |row| Some(row.operation)),
        words(rows, |row| Some(row.status)),
        words(rows, |row| row.message),
        time(stamp.started),
        time(stamp.ended),
        same(Some(&export)),
        same(Some(&run)),
        words(rows, |row| Some(row.outcome.word())),
        words(rows, |row| row.code),
        number(stamp.batch),
        number(Some(stamp.attempt)),
        same(stamp.trace_id.as_deref()),
        texts(rows.iter().map(|row| row.address_hash.as_deref())),
    ];
    arrays.extend(has_payload.then(|| texts(rows.iter().map(|row| row.payload.as_deref()))));
    arrays
}

/// Texts of which most are different.
fn texts<'a>(all: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(all.collect::<StringArray>())
}

/// Texts of which few are different. Rows beside each other mostly have the same.
fn words<'a>(rows: &[LoggedRow<'a>], word: impl Fn(&LoggedRow<'a>) -> Option<&'a str>) -> ArrayRef {
    let mut words = Words::new();
    for same in rows.chunk_by(|one, next| word(one) == word(next)) {
        append(&mut words, word(&same[0]), same.len());
    }
    built(words)
}

fn append(words: &mut Words, word: Option<&str>, times: usize) {
    match word {
        Some(word) => words.append_values(word, times),
        None => words.append_nulls(times),
    }
}

fn built(mut words: Words) -> ArrayRef {
    Arc::new(words.finish())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use uuid::Uuid;

    use super::super::row::RowOutcome;
    use super::*;

    #[test]
    fn a_file_has_the_promised_columns_in_their_order_and_says_its_version() {
        let stamp = Stamp {
            export: ExportId(Uuid::nil()),
            run: RunId(Uuid::nil()),
            batch: Some(3),
            attempt: 1,
            trace_id: None,
            started: DateTime::UNIX_EPOCH,
            ended: DateTime::UNIX_EPOCH,
        };
        let rows = [LoggedRow::new("7", RowOutcome::Created, "")];
        for has_payload in [false, true] {
            let file = encode(&stamp, &rows, has_payload).unwrap();
            let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
            let names: Vec<_> =
                reader.schema().fields().iter().map(|field| field.name().clone()).collect();
            let expected: Vec<_> = columns(has_payload).into_iter().map(|(name, _)| name).collect();
            assert_eq!(names, expected);
            let metadata = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
            assert!(
                metadata.iter().any(|one| one.key == SCHEMA.0 && one.value.as_deref() == Some("1"))
            );
            let read = reader.build().unwrap().next().unwrap().unwrap();
            assert_eq!(read.num_rows(), 1);
        }
    }
}
