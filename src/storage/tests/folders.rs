//! Folders: which of their files have members, and how files with other columns fit together.

use arrow_array::{Array, Float64Array, NullArray};

use super::*;

fn parquet_of(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let columns = columns.into_iter().map(|(name, column)| (name, column, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn part(id: i64, name: &str, column: impl Array + 'static) -> Vec<u8> {
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![id]));
    parquet_of(vec![("CustomerId", ids), (name, Arc::new(column))])
}

#[tokio::test]
async fn what_a_writer_hides_has_no_members() {
    let fixture = Fixture::new()
        .with("crm/part-0000.csv", "CustomerId\n1\n")
        .with("crm/_temporary/0/part-0001.csv", "CustomerId\n2\n")
        .with("crm/.trash/part-9.csv", "CustomerId\n3\n")
        .with("crm/2026/.part.csv.crc", "x")
        .with("crm/2026/part.csv", "CustomerId\n4\n")
        .with("_own/part.csv", "CustomerId\n5\n");
    for (folder, expected) in [("crm", vec!["4", "1"]), ("_own", vec!["5"])] {
        let found = fixture.inspect(folder, Format::Csv).await.unwrap();
        let pages = fixture.read(&found.manifest, &["CustomerId"]).await.unwrap();
        assert_eq!(column(&pages, "CustomerId"), expected);
    }
}

#[tokio::test]
async fn a_table_of_a_lakehouse_is_refused_because_its_files_have_deleted_rows() {
    let file = parquet_with(&[1], "Email");
    let fixture = Fixture::new()
        .with("delta/part.parquet", &file)
        .with("delta/country=LV/part.parquet", &file)
        .with("delta/_delta_log/00000000000000000000.json", "{}")
        .with("iceberg/data/part.parquet", &file)
        .with("iceberg/metadata/v1.metadata.json", "{}")
        .with("hudi/part.parquet", &file)
        .with("hudi/.hoodie/hoodie.properties", "")
        .with("plain/metadata/part.parquet", &file);
    for (path, expected) in [
        ("delta", "delta: this folder is a table of Delta Lake"),
        ("delta/country=LV", "delta: this folder is a table of Delta Lake"),
        ("delta/part.parquet", "delta: this folder is a table of Delta Lake"),
        ("iceberg", "iceberg: this folder is a table of Apache Iceberg"),
        ("iceberg/data", "iceberg: this folder is a table of Apache Iceberg"),
        ("hudi", "hudi: this folder is a table of Apache Hudi"),
    ] {
        let message = fixture.inspect(path, Format::Parquet).await.unwrap_err().to_string();
        assert!(message.starts_with(expected) && message.contains("deleted"), "{message}");
    }
    assert_eq!(fixture.inspect("plain", Format::Parquet).await.unwrap().manifest.rows(), 1);
}

#[tokio::test]
async fn columns_come_and_go_between_files() {
    let fixture = Fixture::new()
        .with("a.csv/1.csv", "CustomerId,Extra\n1,x\n")
        .with("a.csv/2.csv", "Email,CustomerId\nb@example.com,2\n")
        .with("a.parquet/1.parquet", part(1, "Extra", StringArray::from(vec!["x"])))
        .with("a.parquet/2.parquet", parquet_with(&[2], "Email"));
    for (path, format) in [("a.csv", Format::Csv), ("a.parquet", Format::Parquet)] {
        let found = fixture.inspect(path, format).await.unwrap();
        let fields: Vec<_> = found.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(fields, ["CustomerId", "Extra", "Email"]);
        let pages = fixture.read(&found.manifest, &["Extra", "CustomerId"]).await.unwrap();
        assert_eq!(column(&pages, "CustomerId"), ["1", "2"]);
        assert_eq!(column(&pages, "Extra"), ["x", "null"]);
    }
}

#[tokio::test]
async fn a_needed_column_is_in_every_file_that_has_members() {
    let fixture = Fixture::new()
        .with("a.csv/1.csv", "CustomerId,Consent\n1,yes\n")
        .with("a.csv/2.csv", "CustomerId,consent\n2,no\n")
        .with("a.parquet/1.parquet", part(1, "Consent", StringArray::from(vec!["yes"])))
        .with("a.parquet/2.parquet", part(2, "consent", StringArray::from(vec!["no"])))
        .with("b.csv/1.csv", "CustomerId,Consent\n1,yes\n")
        .with("b.csv/2.csv", "CustomerId\n");
    for (path, format, lacks) in [
        ("a.csv", Format::Csv, Some("a.csv/2.csv")),
        ("a.parquet", Format::Parquet, Some("a.parquet/2.parquet")),
        ("b.csv", Format::Csv, None),
    ] {
        let found = fixture.inspect(path, format).await.unwrap();
        assert_eq!(found.fields[1].absent_from.as_deref(), lacks);
        let names: Arc<[String]> = ["Consent".to_owned()].into();
        let columns = WantedColumns { names: names.clone(), needed: names };
        let pages = fixture.storage.pages(Arc::new(found.manifest), columns);
        let refusal = pages.try_collect::<Vec<_>>().await.err().map(|error| error.to_string());
        assert_eq!(refusal.is_some(), lacks.is_some(), "{path}");
        let (refusal, file) = (refusal.unwrap_or_default(), lacks.unwrap_or_default());
        assert!(refusal.starts_with(file), "{refusal}");
    }
}

#[tokio::test]
async fn a_column_may_have_another_type_in_another_file() {
    let fixture = Fixture::new()
        .with("empty/1.parquet", part(1, "P", Int64Array::from(vec![7])))
        .with("empty/2.parquet", part(2, "P", NullArray::new(1)))
        .with("other/1.parquet", part(1, "P", NullArray::new(1)))
        .with("other/2.parquet", part(2, "P", Float64Array::from(vec![0.5])))
        .with("other/3.parquet", part(3, "P", StringArray::from(vec!["007"])));
    for (path, expected, values) in [
        ("empty", FieldType::Number, vec!["7", "null"]),
        ("other", FieldType::String, vec!["null", "0.5", "007"]),
    ] {
        let found = fixture.inspect(path, Format::Parquet).await.unwrap();
        assert_eq!((found.fields[1].r#type, found.fields[1].holds_numbers()), (expected, true));
        let pages = fixture.read(&found.manifest, &["P"]).await.unwrap();
        assert_eq!(column(&pages, "P"), values);
    }
}

#[tokio::test]
async fn a_moment_is_read_in_its_zone_whatever_the_unit_is_in_which_it_is_stored() {
    for (unit, zone, expected) in [
        (TimeUnit::Second, "Europe/Riga", "1970-01-01T03:00:00+03:00"),
        (TimeUnit::Nanosecond, "+02:00", "1970-01-01T02:00:00+02:00"),
        (TimeUnit::Millisecond, "+02:00", "1970-01-01T02:00:00+02:00"),
    ] {
        let fixture = Fixture::new().with("a.parquet", moments_stored_in_millis(unit, zone));
        let found = fixture.inspect("a.parquet", Format::Parquet).await.unwrap();
        let pages = fixture.read(&found.manifest, &["At"]).await.unwrap();
        assert_eq!(column(&pages, "At"), [expected], "{unit:?} {zone}");
    }
}

#[tokio::test]
async fn a_stored_file_that_is_written_otherwise_says_what_to_set() {
    let fixture = Fixture::new()
        .with("a.csv", "CustomerId;Email\n1;a\n")
        .with("b.csv", b"CustomerId,City\n1,R\xeezekne\n")
        .with("c.csv", "PK\u{3}\u{4} xl/workbook.xml");
    for (path, expected) in [
        (
            "a.csv",
            "a.csv: line 1: the file seems to be separated by semicolons; set `csv.delimiter`",
        ),
        (
            "b.csv",
            "b.csv: line 2: the text is not UTF-8; save the file as UTF-8, or set `csv.encoding`",
        ),
        ("c.csv", "c.csv: this is an Excel workbook"),
    ] {
        let message = fixture.inspect(path, Format::Csv).await.unwrap_err().to_string();
        assert!(message.starts_with(expected), "{message}");
    }
}

#[tokio::test]
async fn a_table_is_known_however_many_files_its_log_has() {
    let fixture = Fixture::new().with("iceberg/data/part.parquet", parquet_with(&[1], "Email"));
    for number in 0..3000 {
        fixture.write(&format!("iceberg/metadata/{number}.avro"), "");
    }
    fixture.write("iceberg/metadata/v1.metadata.json.gz", "{}");
    let message = fixture.inspect("iceberg/data", Format::Parquet).await.unwrap_err().to_string();
    assert!(message.starts_with("iceberg: this folder is a table of Apache Iceberg"), "{message}");
}

#[tokio::test]
async fn an_id_that_is_too_long_is_refused_when_it_is_read() {
    let long = StringArray::from(vec!["x".repeat(201)]);
    let file = parquet_of(vec![("CustomerId", Arc::new(long) as ArrayRef)]);
    let fixture = Fixture::new()
        .with("a.parquet", file)
        .with("a.csv", format!("CustomerId\n{}\n", "x".repeat(201)));
    let csv = fixture.inspect("a.csv", Format::Csv).await.unwrap_err().to_string();
    assert_eq!(csv, "a.csv: line 2: CustomerId is longer than 200 characters");
    let found = fixture.inspect("a.parquet", Format::Parquet).await.unwrap();
    let read = fixture.read(&found.manifest, &["CustomerId"]).await.unwrap_err().to_string();
    assert_eq!(read, "a.parquet: CustomerId is longer than 200 characters");
}
