//! What is written is read, and what was damaged is noticed.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::{
    super::Error,
    reader::OwnBatches,
    writer::{OwnFile, OwnWriter},
};

fn schema() -> SchemaRef {
    let number = |name: &str| Field::new(name, DataType::UInt64, false);
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![number("key"), number("kind"), text("name"), text("group")]))
}

/// Two row groups of a hundred rows.
fn written() -> OwnFile {
    let mut writer = OwnWriter::new(schema(), &["kind", "group"]).unwrap();
    writer.write(&batch(0)).unwrap();
    writer.write(&batch(1)).unwrap();
    writer.finish().unwrap()
}

fn batch(group: u64) -> RecordBatch {
    let rows = group * 100..group * 100 + 100;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(UInt64Array::from_iter_values(rows.clone().map(|row| row * 7_919))),
        Arc::new(UInt64Array::from_iter_values(rows.clone().map(|row| row % 3))),
        Arc::new(StringArray::from_iter_values(rows.clone().map(|row| format!("name {row}")))),
        Arc::new(StringArray::from_iter_values(rows.map(|row| if row < 150 { "a" } else { "b" }))),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

fn read(file: &OwnFile, columns: &[usize]) -> Result<Vec<RecordBatch>, Error> {
    let schema = schema().project(columns).unwrap();
    file.open()?.batches(&schema).and_then(Iterator::collect)
}

#[test]
fn what_is_written_is_read_in_the_same_batches() {
    let file = written();
    assert_eq!(file.rows(), 200);
    for columns in [&[0, 1, 2, 3][..], &[0], &[1, 2]] {
        let expected = [0, 1].map(|group| batch(group).project(columns).unwrap());
        assert_eq!(read(&file, columns).unwrap(), expected, "{columns:?}");
    }
}

#[test]
fn a_column_that_is_missing_or_of_another_type_is_damage() {
    let file = written();
    for field in
        [Field::new("other", DataType::UInt64, false), Field::new("name", DataType::UInt64, false)]
    {
        let batches: Result<OwnBatches, _> =
            file.open().unwrap().batches(&Schema::new(vec![field]));
        assert!(matches!(batches, Err(Error::Invalid { .. })));
    }
}

/// A file with one byte changed.
fn with_byte_changed(file: &OwnFile, at: u64) -> OwnFile {
    use std::io::{Read, Seek, SeekFrom, Write};
    let mut bytes = Vec::new();
    let mut from = file.file.try_clone().unwrap();
    from.rewind().unwrap();
    from.read_to_end(&mut bytes).unwrap();
    bytes[usize::try_from(at).unwrap()] ^= 0x10;
    let mut changed = tempfile::tempfile().unwrap();
    changed.write_all(&bytes).unwrap();
    changed.seek(SeekFrom::Start(0)).unwrap();
    OwnFile { file: changed, rows: file.rows }
}

/// Whichever byte of the file changes: what is read is what was written, or damage; never something else.
#[test]
fn whichever_byte_changes_no_other_value_is_read() {
    let file = written();
    let size = file.file.metadata().unwrap().len();
    let (mut numbers_damaged, mut texts_damaged) = (0, 0);
    for at in 0..size {
        let changed = with_byte_changed(&file, at);
        for (columns, damaged) in
            [(&[0, 1][..], &mut numbers_damaged), (&[2, 3][..], &mut texts_damaged)]
        {
            match read(&changed, columns) {
                Ok(batches) => assert_eq!(batches, read(&file, columns).unwrap(), "byte {at}"),
                Err(Error::Invalid { .. }) => *damaged += 1,
                Err(other) => panic!("byte {at}: {other}"),
            }
        }
    }
    assert!(numbers_damaged > 500 && texts_damaged > 500, "{numbers_damaged}, {texts_damaged}");
}

#[test]
fn another_number_of_rows_than_the_database_names_is_damage() {
    let file = OwnFile { rows: 199, ..written() };
    assert!(matches!(read(&file, &[0]), Err(Error::Invalid { .. })));
}
