//! What is written is read, and what was damaged is noticed.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use tokio_util::sync::CancellationToken;

use super::{
    super::{Error, spool::Spool},
    reader::{OwnBatches, OwnReader},
    writer::{OwnFile, OwnWriter},
};

fn schema() -> SchemaRef {
    let number = |name: &str| Field::new(name, DataType::UInt64, false);
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![number("key"), number("kind"), text("name"), text("group")]))
}

/// Two row groups of a hundred rows.
fn written() -> OwnFile {
    let mut writer = OwnWriter::new(schema(), &["kind", "group"], Some("name")).unwrap();
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

/// The file as it is before it is in the storage.
fn opened(file: &OwnFile) -> Result<OwnReader, Error> {
    let spool = Spool::new(file.file.try_clone().unwrap(), CancellationToken::new());
    OwnReader::spooled(spool, file.rows)
}

fn read(file: &OwnFile, columns: &[usize]) -> Result<Vec<RecordBatch>, Error> {
    let schema = schema().project(columns).unwrap();
    opened(file)?.batches(&schema).and_then(Iterator::collect)
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
            opened(&file).unwrap().batches(&Schema::new(vec![field]));
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

/// The groups that may have a name; `None` where that is not known.
fn groups_with(file: &OwnFile, name: &str) -> Result<Option<Vec<usize>>, Error> {
    opened(file)?.batches(&schema())?.groups_with("name", name)
}

#[test]
fn a_text_is_found_in_its_row_group_and_few_others_are_read() {
    let file = written();
    for row in 0..200 {
        let groups = groups_with(&file, &format!("name {row}")).unwrap().unwrap();
        assert!(groups.contains(&(row / 100)), "{row}: {groups:?}");
    }
    let others =
        (1000..2000).map(|row| groups_with(&file, &format!("name {row}")).unwrap().unwrap());
    let read: usize = others.map(|groups| groups.len()).sum();
    assert!(read < 20, "{read} of 2000");
    assert_eq!(
        opened(&file).unwrap().batches(&schema()).unwrap().groups_with("group", "a").unwrap(),
        None
    );
}

#[test]
fn a_filter_with_another_byte_hides_nobody() {
    let file = written();
    let size = file.file.metadata().unwrap().len();
    let mut unknown = 0;
    for at in (0..size).step_by(7) {
        match groups_with(&with_byte_changed(&file, at), "name 7") {
            Ok(Some(groups)) => assert!(groups.contains(&0), "byte {at}"),
            Ok(None) => unknown += 1,
            Err(Error::Invalid { .. }) => {}
            Err(other) => panic!("byte {at}: {other}"),
        }
    }
    assert!(unknown > 10, "{unknown}");
}

#[test]
fn a_column_that_may_be_null_may_be_missing() {
    let file = written();
    let later = Field::new("later", DataType::Utf8, true);
    let schema = Schema::new(vec![Field::new("key", DataType::UInt64, false), later]);
    let batch = opened(&file).unwrap().batches(&schema).unwrap().next().unwrap().unwrap();
    assert_eq!(batch.num_columns(), 1);
}
