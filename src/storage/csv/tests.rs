//! CSV as others write it: what is read, and what is rejected with its line.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

const LIMITS: RecordLimits = RecordLimits { fields_max: 8, row_bytes_max: 200 };

type Rows = Vec<Vec<String>>;

/// All records with the header before them, or the error message; the file comes in chunks of `size` bytes.
fn read(file: &[u8], size: usize) -> Result<Rows, String> {
    read_as(&Dialect::default(), file, size)
}

fn read_as(dialect: &Dialect, file: &[u8], size: usize) -> Result<Rows, String> {
    let chunks = file.chunks(size).map(|chunk| Ok(Bytes::copy_from_slice(chunk)));
    let mut records = Records::open(chunks, LIMITS, dialect).map_err(|error| error.to_string())?;
    let mut rows = vec![records.header().to_vec()];
    while records.advance().map_err(|error| error.to_string())? {
        let field = |index| records.field(index).unwrap_or_default().into_owned();
        rows.push((0..records.header().len()).map(field).collect());
    }
    Ok(rows)
}

fn rows<const N: usize>(rows: &[[&str; N]]) -> Rows {
    rows.iter().map(|row| row.map(String::from).to_vec()).collect()
}

#[test]
fn every_form_that_the_rfc_allows_is_read() {
    for (file, expected) in [
        ("a,b\n1,2\n", rows(&[["a", "b"], ["1", "2"]])),
        ("a,b\r\n1,2", rows(&[["a", "b"], ["1", "2"]])),
        ("\u{feff}a,b\n1,2\n\n\r\n", rows(&[["a", "b"], ["1", "2"]])),
        ("a,\"b\"\n\"\",\n", rows(&[["a", "b"], ["", ""]])),
        ("a,b\n\"x, \"\"y\"\"\r\nz\",\"\"\"\"\n", rows(&[["a", "b"], ["x, \"y\"\r\nz", "\""]])),
        ("a,b\n 1 , é\n", rows(&[["a", "b"], [" 1 ", " é"]])),
        ("a,b", rows(&[["a", "b"]])),
    ] {
        for size in 1..=file.len() {
            assert_eq!(
                read(file.as_bytes(), size),
                Ok(expected.clone()),
                "{file:?} in chunks of {size}"
            );
        }
    }
}

#[test]
fn what_is_ambiguous_is_rejected_with_the_line_where_its_record_begins() {
    let long = format!("a,b\n1,\"{}", "x\n".repeat(200));
    let blank = format!("a,b\n1,2\n{}", "\r\n".repeat(101));
    for (file, expected) in [
        ("", "line 1: the file is empty"),
        ("\n1", "line 1: the file is empty"),
        ("\u{feff}", "line 1: the file is empty"),
        ("a,a\n", "line 1: columns 1 and 2 have the same name"),
        ("a,\n", "line 1: column 2 has no name"),
        ("a,b,c,d,e,f,g,h,i\n", "line 1: the header names 9 columns; the maximum is 8"),
        ("a,b\n\"1\n2\",3\n4\n", "line 4: the record has 1 fields, but there are 2 columns"),
        ("a,b\n1,2,3\n", "line 2: the record has 3 fields"),
        ("a,b\n\"1\n2\",\"3\n", "line 2: a quote opens in this record and is never closed"),
        ("a,b\n1,2\n3,4\"5\n", "line 3: there is a quote inside a value without quotes"),
        ("a,b\n1,\"2\"3\n", "line 2: text follows a closing quote"),
        ("a,b\n1,\"2\" ,3\n", "line 2: text follows a closing quote"),
        ("a,b\n1\r2,3\n", "line 2: there is a carriage return without a line feed"),
        ("a,b\n1,2\r", "line 2: there is a carriage return without a line feed"),
        ("a,b\n1,2\n\n3,4\n", "line 3: the line is blank"),
        ("a,b\n1,2\n,\n3,4\n", "line 3: the line is blank, or has only delimiters"),
        (",\n1,2\n", "line 1: column 1 has no name"),
        ("a,b\n1,2\n,,\n", "line 3: the record has 3 fields, but there are 2 columns"),
        (&blank, "line 3: the file ends with too many blank lines"),
        ("a,b\n1,\u{0}\n", "line 2: there is a zero byte"),
        ("a,b\n1,\"\u{0}\"\n", "line 2: there is a zero byte"),
        (&long, "line 2: the record that begins here is longer than 200 bytes; check for a quote"),
    ] {
        for size in 1..=file.len().max(1) {
            let message = read(file.as_bytes(), size).unwrap_err();
            assert!(message.starts_with(expected), "{file:?} in chunks of {size}: {message}");
        }
    }
}

#[test]
fn text_that_is_not_utf8_is_refused_with_its_line() {
    let message = read(b"a,b\n1,2\n3,\xe9\n", 5).unwrap_err();
    assert!(message.starts_with("line 3: the text is not UTF-8"), "{message}");
}

#[test]
fn columns_come_in_the_order_asked_for_and_missing_ones_are_named() {
    let header = ["a".to_owned(), "b".to_owned()];
    let projection =
        Projection::named(&header, &["b".to_owned(), "b".to_owned(), "a".to_owned()], &[]).unwrap();
    assert_eq!(projection.columns, [Some(1), Some(1), Some(0)]);
    let wanted = ["c".to_owned()];
    assert_eq!(Projection::named(&header, &wanted, &[]).unwrap().columns, [None]);
    let missing = Projection::named(&header, &wanted, &wanted).err().map(|error| error.to_string());
    assert_eq!(missing.as_deref(), Some("line 1: there is no column \"c\" in the header"));
}

#[test]
fn a_storage_that_fails_is_not_an_error_of_the_data() {
    let chunks = [Ok(Bytes::from("a\n1\n2")), Err(Error::unavailable("gone"))];
    let mut records = Records::open(chunks.into_iter(), LIMITS, &Dialect::default()).unwrap();
    assert!(records.advance().unwrap());
    assert!(matches!(records.advance(), Err(Error::Unavailable(_))));
}

/// Values with everything that CSV treats specially.
fn value() -> impl Strategy<Value = String> {
    "[a-z,\"\r\n é漢😀]{0,6}"
}

/// What every member has: a row of empty values is none.
fn id() -> impl Strategy<Value = String> {
    "[a-z,\"\r\n é漢😀]{1,6}"
}

proptest! {
    #[test]
    fn what_a_writer_writes_is_read_back(
        table in prop::collection::vec((id(), value(), value()), 0..12),
        size in 1_usize..64,
    ) {
        let names = ["one", "two", "three"].map(String::from);
        let table: Vec<_> = table.into_iter().map(|(id, two, three)| [id, two, three]).collect();
        let mut expected = vec![names.to_vec()];
        expected.extend(table.iter().map(|row| row.to_vec()));

        prop_assert_eq!(read(&written(&names, &table), size), Ok(expected));
    }

    #[test]
    fn anything_at_all_is_read_the_same_in_any_chunks(file in "[ab,\"\r\n]{0,40}", size in 1_usize..10) {
        prop_assert_eq!(read(file.as_bytes(), size), read(file.as_bytes(), file.len().max(1)));
    }

    #[test]
    fn what_is_accepted_is_what_a_lenient_reader_sees(file in "a,b\n[1,\"\r\n]{0,24}") {
        if let Ok(rows) = read(file.as_bytes(), 7) {
            prop_assert_eq!(without_last_empty(rows), without_last_empty(lenient(file.as_bytes())));
        }
    }
}

fn written(names: &[String], table: &[[String; 3]]) -> Vec<u8> {
    let column = |index: usize| -> ArrayRef {
        Arc::new(arrow_array::StringArray::from_iter_values(table.iter().map(|row| &row[index])))
    };
    let batch = RecordBatch::try_new(text::schema(names), (0..3).map(column).collect()).unwrap();
    let mut file = Vec::new();
    arrow_csv::Writer::new(&mut file).write(&batch).unwrap();
    file
}

/// Empty rows at the end are no members.
fn without_last_empty(mut rows: Rows) -> Rows {
    while rows.last().is_some_and(|row| row.iter().all(String::is_empty)) {
        rows.pop();
    }
    rows
}

/// The same file read by the Arrow project's own reader.
fn lenient(file: &[u8]) -> Rows {
    use arrow_array::cast::AsArray;
    let names = ["a".to_owned(), "b".to_owned()];
    let reader = arrow_csv::ReaderBuilder::new(text::schema(&names)).with_header(true);
    let mut rows = vec![names.to_vec()];
    for batch in reader.build(file).unwrap() {
        let batch = batch.unwrap();
        let value = |row: usize, column: usize| {
            batch.column(column).as_string::<i32>().value(row).to_owned()
        };
        rows.extend((0..batch.num_rows()).map(|row| vec![value(row, 0), value(row, 1)]));
    }
    rows
}

fn dialect(change: impl FnOnce(&mut Dialect)) -> Dialect {
    let mut dialect = Dialect::default();
    change(&mut dialect);
    dialect
}

#[test]
fn a_dialect_sets_the_delimiter_the_meaning_of_quotes_and_the_names_of_the_columns() {
    let names = || Some(vec!["a".to_owned(), "b".to_owned()]);
    let semicolons = dialect(|it| it.delimiter = ";".to_owned().try_into().unwrap());
    let no_header = dialect(|it| (it.header, it.columns) = (false, names()));
    let expected_header = dialect(|it| it.columns = names());
    let literal = dialect(|it| it.quotes = Quotes::None);
    let lenient = dialect(|it| it.quotes = Quotes::AfterDelimiter);
    for (dialect, file, expected) in [
        (semicolons, "a;b\n1,5;\"x;y\"\n", rows(&[["a", "b"], ["1,5", "x;y"]])),
        (no_header, "\u{feff}1,2\n", rows(&[["a", "b"], ["1", "2"]])),
        (expected_header.clone(), "a,b\n1,2\n", rows(&[["a", "b"], ["1", "2"]])),
        (expected_header, "", rows(&[["a", "b"]])),
        (literal, "a,b\n\"1,2\"\n", rows(&[["a", "b"], ["\"1", "2\""]])),
        (lenient, "a,b\n5\" disk,\"x,y\"\n", rows(&[["a", "b"], ["5\" disk", "x,y"]])),
    ] {
        assert_eq!(read_as(&dialect, file.as_bytes(), 3), Ok(expected), "{file:?}");
    }
    for text in ["", ",,", "\"", "\n", "é"] {
        assert!(Delimiter::try_from(text.to_owned()).is_err(), "{text:?}");
    }
}

/// All records of a compressed or encoded file, or the error message.
fn read_stored(dialect: &Dialect, file: &[u8]) -> Result<Vec<String>, String> {
    let chunks: Vec<_> = file.chunks(7).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    let mut records =
        open(Box::new(chunks.into_iter()), LIMITS, dialect).map_err(|error| error.to_string())?;
    let mut values = Vec::new();
    while records.advance().map_err(|error| error.to_string())? {
        values.push(records.field(0).unwrap_or_default().into_owned());
    }
    Ok(values)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compressed_files_are_decompressed_whatever_their_names_and_damaged_ones_are_rejected() {
    let text: String = (0..500).fold("a\n".to_owned(), |text, row| text + &format!("{row}é\n"));
    let zstandard = zstd::encode_all(text.as_bytes(), 3).unwrap();
    let members = [gzip(b"a\n1\n"), gzip(b"2\n")].concat();
    assert_eq!(read_stored(&Dialect::default(), &members), Ok(vec!["1".into(), "2".into()]));
    for compressed in [gzip(text.as_bytes()), zstandard] {
        assert_eq!(read_stored(&Dialect::default(), &compressed).unwrap().len(), 500);
        for cut in [compressed.len() / 2, compressed.len() - 1] {
            let message = read_stored(&Dialect::default(), &compressed[..cut]).unwrap_err();
            assert!(message.contains("cut short or damaged"), "{message}");
        }
    }
}

#[test]
fn other_encodings_are_read_when_set_or_marked_and_rejected_when_wrong() {
    let utf16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let little = dialect(|it| it.encoding = encoding_rs::UTF_16LE.into());
    let latin = dialect(|it| it.encoding = encoding_rs::WINDOWS_1252.into());
    let smile = || Ok(vec!["😀".to_owned()]);
    assert_eq!(read_stored(&little, &utf16("a\n😀\n")), smile());
    assert_eq!(read_stored(&Dialect::default(), &utf16("\u{feff}a\n😀\n")), smile());
    assert_eq!(read_stored(&latin, b"a\n\xe9\x80\n"), Ok(vec!["é€".to_owned()]));
    let half = read_stored(&little, &utf16("a\n😀")[..6]).unwrap_err();
    assert!(half.contains("the text is not UTF-16LE"), "{half}");
}
