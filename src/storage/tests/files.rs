//! Files and folders that others write.

use super::*;

#[tokio::test]
async fn the_parts_of_a_folder_are_one_segment_in_the_order_of_their_names() {
    let fixture = Fixture::new()
        .with("crm/part-2.csv", "Email,CustomerId\nb@example.com,2\n")
        .with("crm/part-1.csv", "CustomerId,Email\n1,a@example.com\n")
        .with("crm/_SUCCESS", "")
        .with("crm/.part-1.csv.crc", "x");

    let found = fixture.inspect("crm", Format::Csv).await.unwrap();

    let objects = found.manifest.objects.iter();
    let parts: Vec<_> = objects.map(|object| (object.path.as_str(), object.rows)).collect();
    assert_eq!(parts, [("crm/part-1.csv", 1), ("crm/part-2.csv", 1)]);
    let pages = fixture.read(&found.manifest, &["Email", "CustomerId"]).await.unwrap();
    assert_eq!(column(&pages, "CustomerId"), ["1", "2"]);
    assert_eq!(column(&pages, "Email"), ["a@example.com", "b@example.com"]);
    let fields: Vec<_> = found.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(fields, ["CustomerId", "Email"]);
}

#[tokio::test]
async fn a_single_parquet_file_is_a_segment_too() {
    let ids: Vec<i64> = (0..2500).collect();
    let fixture = Fixture::new().with("members.parquet", parquet_with(&ids, "Email"));

    let found = fixture.inspect("members.parquet", Format::Parquet).await.unwrap();

    assert_eq!(found.manifest.rows(), 2500);
    assert_eq!(found.fields[0].r#type, FieldType::Number);
    let pages = fixture.read(&found.manifest, &["Email"]).await.unwrap();
    let rows: Vec<_> = pages.iter().map(RecordBatch::num_rows).collect();
    assert_eq!(rows, [1000, 1000, 500]);
    assert_eq!(column(&pages, "Email")[2499], "2499@example.com");
}

#[tokio::test]
async fn rows_can_be_counted_without_any_column() {
    let fixture = Fixture::new()
        .with("a.csv", "CustomerId\n1\n2\n")
        .with("b.parquet", parquet_with(&[1, 2], "Email"));
    for (path, format) in [("a.csv", Format::Csv), ("b.parquet", Format::Parquet)] {
        let found = fixture.inspect(path, format).await.unwrap();
        let pages = fixture.read(&found.manifest, &[]).await.unwrap();
        assert_eq!(pages.iter().map(RecordBatch::num_rows).sum::<usize>(), 2, "{path}");
    }
}

#[tokio::test]
async fn bad_files_are_refused_by_name_and_line() {
    let parquet = parquet_with(&[1], "Email");
    let fixture = Fixture::new()
        .with("quote/a.csv", "CustomerId,Email\n1,a\n2,\"b\n")
        .with("empty_id/a.csv", "CustomerId\n1\n \n")
        .with("mixed/a.csv", "CustomerId\n1\n")
        .with("mixed/readme.txt", "hello")
        .with("half/a.parquet", &parquet[..parquet.len() / 2]);
    for (path, format, expected) in [
        ("quote", Format::Csv, "quote/a.csv: line 3: a quote opens"),
        ("empty_id", Format::Csv, "empty_id/a.csv: line 3: CustomerId is empty"),
        ("mixed", Format::Csv, "mixed/readme.txt: the name does not end in .csv,"),
        ("half", Format::Parquet, "half/a.parquet: this is not a complete Parquet file"),
        ("nowhere", Format::Csv, "there are no files at nowhere"),
    ] {
        let message = fixture.inspect(path, format).await.unwrap_err().to_string();
        assert!(message.starts_with(expected), "{message}");
    }
}

#[tokio::test]
async fn a_column_that_is_not_there_is_named_when_it_is_asked_for() {
    let fixture = Fixture::new()
        .with("a.csv", "CustomerId\n1\n")
        .with("b.parquet", parquet_with(&[1], "Email"));
    for (path, format) in [("a.csv", Format::Csv), ("b.parquet", Format::Parquet)] {
        let found = fixture.inspect(path, format).await.unwrap();
        let error = fixture.read(&found.manifest, &["City"]).await.unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with(path) && message.contains("no column \"City\""), "{message}");
    }
}

#[tokio::test]
async fn pages_of_long_rows_hold_fewer_rows() {
    let long = "x".repeat(900_000);
    let rows: Vec<String> = (0..20).map(|row| format!("{row},{long}")).collect();
    let fixture = Fixture::new().with("a.csv", format!("CustomerId,Note\n{}", rows.join("\n")));
    let found = fixture.inspect("a.csv", Format::Csv).await.unwrap();

    let pages = fixture.read(&found.manifest, &["Note"]).await.unwrap();

    assert!(pages.len() > 1 && pages.iter().all(|page| page.num_rows() <= 5));
}

#[tokio::test]
async fn names_may_be_unusual() {
    let fixture = Fixture::new();
    for name in ["part 1.csv", "ž~100%.csv", "a%20b.csv", "#1 [x].csv", "東京.csv"] {
        fixture.write(&format!("odd/{name}"), format!("CustomerId\n{name}\n"));
        let path = fixture.folder.path().join("odd").join(name);
        let url = url::Url::from_file_path(path).unwrap();

        let at = fixture.storage.locate(url.as_str(), Uuid::nil()).unwrap();
        let data = ExternalData::Files { at, format: Format::Csv, dialect: Dialect::default() };
        let found = fixture.storage.inspect(&data, None).await.unwrap();
        fixture.storage.check(&found.manifest).await.unwrap();
        let pages = fixture.read(&found.manifest, &["CustomerId"]).await.unwrap();

        assert_eq!(column(&pages, "CustomerId"), [name]);
    }
    let all = fixture.inspect("odd", Format::Csv).await.unwrap();
    assert_eq!(fixture.read(&all.manifest, &[]).await.unwrap().len(), 5);
}

#[tokio::test]
async fn parquet_is_read_however_it_is_compressed() {
    let fixture = Fixture::new();
    for compression in [
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
    ] {
        fixture.write("a.parquet", parquet_compressed(&[1, 2], "Email", compression));
        let found = fixture.inspect("a.parquet", Format::Parquet).await.unwrap();
        let pages = fixture.read(&found.manifest, &["CustomerId"]).await.unwrap();
        assert_eq!(column(&pages, "CustomerId"), ["1", "2"], "{compression}");
    }
}

#[tokio::test]
async fn a_named_pipe_is_refused_by_name_and_nobody_waits_for_it() {
    let fixture = Fixture::new().with("members.csv", "CustomerId\n1\n");
    let found = fixture.inspect("members.csv", Format::Csv).await.unwrap();
    let path = fixture.folder.path().join("members.csv");
    fs::remove_file(&path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let error = fixture.inspect("members.csv", Format::Csv).await.unwrap_err();
    assert_eq!(error.to_string(), "members.csv: this is neither a file nor a folder");
    let checked = fixture.storage.check(&found.manifest).await;
    assert!(matches!(checked, Err(Error::Changed { .. })), "{checked:?}");
}
