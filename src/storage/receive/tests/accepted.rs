//! What is accepted, and how it is read back.

use FieldType::{Boolean, Date, Number, String};

use super::*;

#[tokio::test]
async fn csv_comes_back_as_it_was_sent() {
    let (_folder, storage) = storage();
    let body = "\u{feff}CustomerId,Email,City\r\n007,ann@example.com,\"Riga, \"\"old\"\"\ntown\"\r\n8,,Łódź\r\n";

    let received = send(&storage, Media::Csv, body).await.unwrap();

    assert_eq!(received.manifest.rows(), 2);
    assert_eq!(
        received.fields,
        ["CustomerId", "Email", "City"].map(|name| field(name, FieldType::String))
    );
    assert_eq!(
        rows(&storage, &received, &["City", "CustomerId", "Email"]).await,
        [row(["Riga, \"old\"\ntown", "007", "ann@example.com"]), row(["Łódź", "8", ""])]
    );
}

#[tokio::test]
async fn ndjson_learns_the_types_of_its_fields_from_all_lines() {
    let (_folder, storage) = storage();
    let body = concat!(
        "{\"CustomerId\":\"1\",\"Points\":7,\"Rate\":1,\"Paid\":true,\"Mixed\":1.50,\"Big\":1}\n",
        "\n",
        "  {\"Rate\":0.25,\"CustomerId\":2,\"Mixed\":\"x\",\"Big\":12345678901234567890,\"Late\":null}\r\n",
        "{\"CustomerId\":\"3\",\"Points\":9007199254740993,\"Mixed\":false,\"Born\":\"2001-02-03\",",
        "\"Word\":\"a\\u00e9\\n\"}",
    );

    let received = send(&storage, Media::Ndjson, body).await.unwrap();

    assert_eq!(
        received.fields,
        [
            field("CustomerId", FieldType::String),
            field("Points", FieldType::Number),
            field("Rate", FieldType::Number),
            field("Paid", FieldType::Boolean),
            Field { has_numbers: true, ..field("Mixed", FieldType::String) },
            field("Big", FieldType::Number),
            field("Late", FieldType::String),
            field("Born", FieldType::String),
            field("Word", FieldType::String),
        ]
    );
    assert_eq!(
        rows(
            &storage,
            &received,
            &["CustomerId", "Points", "Rate", "Paid", "Mixed", "Big", "Born", "Word"]
        )
        .await,
        [
            row(["1", "7", "1", "true", "1.50", "1", "", ""]),
            row(["2", "", "0.25", "", "x", "12345678901234567890", "", ""]),
            row(["3", "9007199254740993", "", "", "false", "", "2001-02-03", "aé\n"]),
        ]
    );
}

#[tokio::test]
async fn parquet_of_every_flat_kind_comes_back_as_people_write_it() {
    let (_folder, storage) = storage();
    let day: ArrayRef = Arc::new(Date32Array::from(vec![Some(20_000), None]));
    let cast = |kind| arrow_cast::cast(&day, &kind).unwrap();
    let text: ArrayRef = Arc::new(StringArray::from(vec![Some("Riga"), None]));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("CustomerId", Arc::new(Int64Array::from(vec![7, 8]))),
        ("Float", Arc::new(Float64Array::from(vec![12_345_678_901.0, 0.1]))),
        ("Missing", Arc::new(Float32Array::from(vec![f32::NAN, 2.5]))),
        (
            "Money",
            Arc::new(Decimal128Array::from(vec![1250, -5]).with_precision_and_scale(9, 2).unwrap()),
        ),
        ("Paid", Arc::new(BooleanArray::from(vec![Some(false), None]))),
        ("Day", cast(DataType::Date32)),
        ("Day64", cast(DataType::Date64)),
        ("Moment", cast(DataType::Timestamp(TimeUnit::Millisecond, None))),
        ("Zoned", zoned(1_728_000_000_123_000)),
        (
            "City",
            arrow_cast::cast(
                &text,
                &DataType::Dictionary(DataType::Int8.into(), DataType::Utf8.into()),
            )
            .unwrap(),
        ),
        ("View", arrow_cast::cast(&text, &DataType::Utf8View).unwrap()),
        ("Never", Arc::new(NullArray::new(2))),
    ];
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();

    let received = send(&storage, Media::Parquet, parquet_of(columns)).await.unwrap();

    let kinds: Vec<FieldType> = received.fields.iter().map(|field| field.r#type).collect();
    assert_eq!(
        kinds,
        [String, Number, Number, Number, Boolean, Date, Date, Date, Date, String, String, String]
    );
    assert_eq!(
        rows(&storage, &received, &names).await,
        [
            row([
                "7",
                "12345678901",
                "",
                "12.50",
                "false",
                "2024-10-04",
                "2024-10-04",
                "2024-10-04T00:00:00",
                "2024-10-04T03:00:00.123+03:00",
                "Riga",
                "Riga",
                "",
            ]),
            row(["8", "0.1", "2.5", "-0.05", "", "", "", "", "", "", "", ""]),
        ]
    );
}

fn zoned(micros: i64) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(vec![Some(micros), None]).with_timezone("Europe/Riga"))
}

#[tokio::test]
async fn many_members_come_back_in_order_in_pages_of_at_most_a_thousand() {
    let (_folder, storage) = storage();
    let received = send(&storage, Media::Parquet, members(120_001)).await.unwrap();
    assert_eq!(received.manifest.rows(), 120_001);

    let pages =
        storage.pages(Arc::new(received.manifest), WantedColumns::of(["CustomerId".to_owned()]));
    let pages: Vec<RecordBatch> = pages.try_collect().await.unwrap();

    assert!(pages.iter().all(|page| page.num_rows() <= PAGE_ROWS));
    let ids = pages.iter().flat_map(|page| page["CustomerId"].as_string::<i32>().iter().flatten());
    assert!(ids.eq((0..120_001).map(|index| format!("customer {index}"))));
}

#[tokio::test]
async fn no_members_are_accepted_only_when_they_are_meant_and_leave_nothing_in_the_storage() {
    let (folder, storage) = storage();
    let meant = ReceiveLimits { may_be_empty: true, ..LIMITS };
    for (media, body, fields) in [
        (Media::Csv, b"CustomerId,Email".to_vec(), 2),
        (Media::Ndjson, vec![], 1),
        (Media::Ndjson, b"\xef\xbb\xbf \r\n\n\t".to_vec(), 1),
        (Media::Parquet, members(0), 1),
    ] {
        let error = send(&storage, media, body.clone()).await.unwrap_err();
        assert!(matches!(error, Error::Empty), "{media:?}: {error}");

        let received = send_within(&storage, media, body, &meant).await.unwrap();
        assert_eq!((received.manifest.rows(), received.fields.len()), (0, fields), "{media:?}");
        assert!(rows(&storage, &received, &["CustomerId"]).await.is_empty());
        assert!(is_empty(folder.path()), "{media:?}");
    }
}

#[tokio::test]
async fn an_upload_can_be_removed_and_nothing_else_can() {
    let (folder, storage) = storage();
    std::fs::write(folder.path().join("mine.csv"), "CustomerId\n1\n").unwrap();
    let received = send(&storage, Media::Csv, "CustomerId\n1\n").await.unwrap();
    let path = &received.manifest.objects[0].path;

    storage.remove(path).await.unwrap();
    storage.remove(path).await.unwrap();
    assert!(storage.remove("mine.csv").await.is_err());
    let _ = storage.remove("uploads/../mine.csv").await;

    let gone = storage.check(&received.manifest).await.unwrap_err();
    assert!(matches!(gone, Error::Lost { path: named } if named == *path));
    assert!(folder.path().join("mine.csv").exists());
}
