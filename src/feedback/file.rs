//! A file of who left: Parquet, in the columns of schema `1`. The names and their order are promised.

use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray, TimestampMicrosecondArray};
use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::departed::Departed;
use crate::storage::encode_table;

/// The key of the metadata that has the version of the schema, and the version.
const SCHEMA: (&str, &str) = ("segment-export.feedback.schema", "1");
const ZONE: &str = "UTC";

/// The name of the file with this number. Later ones have larger numbers.
pub(super) fn name(number: i64) -> String {
    format!("feedback-{number:08}.parquet")
}

/// A complete file of these people.
pub(super) fn encode(people: &[Departed]) -> Result<Bytes, ParquetError> {
    let text = |of: fn(&Departed) -> &str| -> ArrayRef {
        Arc::new(people.iter().map(|one| Some(of(one))).collect::<StringArray>())
    };
    let dates = people.iter().map(|one| one.date_utc.timestamp_micros());
    let dates = TimestampMicrosecondArray::from_iter_values(dates).with_timezone(ZONE);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("email", text(|one| &one.email)),
        ("customerId", text(|one| &one.customer_id)),
        ("state", text(|one| one.state.word())),
        ("dateUtc", Arc::new(dates)),
    ];
    encode_table(SCHEMA, columns, WriterProperties::builder())
}

#[cfg(test)]
mod tests {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::super::departed::DepartedState;
    use super::*;

    #[test]
    fn a_file_has_the_promised_columns_in_their_order_and_says_its_version() {
        let date_utc: crate::db::Time = "2026-11-30T12:00:07Z".parse().unwrap();
        let left = Departed {
            email: "ann@example.com".into(),
            customer_id: "17".into(),
            state: DepartedState::Bounced,
            date: date_utc.naive_utc(),
            date_utc,
        };
        let file = encode(&[left]).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let names: Vec<_> =
            reader.schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(names, ["email", "customerId", "state", "dateUtc"]);
        let metadata = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
        assert!(
            metadata.iter().any(|one| one.key == SCHEMA.0 && one.value.as_deref() == Some("1"))
        );
        assert_eq!(reader.build().unwrap().next().unwrap().unwrap().num_rows(), 1);
    }
}
