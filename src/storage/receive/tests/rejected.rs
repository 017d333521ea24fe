//! What is rejected, and with which message.

use std::fmt::Write;

use super::*;
use crate::storage::{parquet, receive::convert, spool::Spool, windows::Windows};

/// Sends each body and checks the line and the words of the error.
async fn assert_rejected<const N: usize>(media: Media, cases: [(Vec<u8>, Option<u64>, &str); N]) {
    let (folder, storage) = storage();
    for (body, expected_line, words) in cases {
        let error = send(&storage, media, body).await.unwrap_err();
        let Error::Invalid { line, message } = &error else { panic!("{words}: {error:?}") };
        assert!(message.contains(words), "{message} should say {words}");
        assert_eq!(*line, expected_line, "{message}");
        assert!(is_empty(folder.path()), "{words}");
    }
}

#[tokio::test]
async fn bad_csv_is_rejected_with_its_line_and_nothing_remains() {
    let line = |body: &str, line, words| (body.into(), Some(line), words);
    assert_rejected(
        Media::Csv,
        [
            line("", 1, "the file is empty"),
            line("Email\na@example.com", 1, "no column CustomerId"),
            line("CustomerId;Email\n1;a", 1, "separated by semicolons; add `?delimiter=%3B`"),
            line("CustomerId,Email\n1,a\n,b", 3, "CustomerId is empty"),
            line("CustomerId,Email\n1,\"a\nb\"\n2,c\n1,d", 5, "duplicate CustomerId"),
            line("CustomerId,Email\n1", 2, "has 1 fields"),
        ],
    )
    .await;
}

#[tokio::test]
async fn bad_ndjson_is_rejected_with_its_line_and_nothing_remains() {
    let line = |body: &str, line, words| (body.into(), Some(line), words);
    let brackets = "[".repeat(1_000_000);
    let deep = format!("{{\"CustomerId\":\"1\",\"a\":{brackets}");
    let id = "{\"CustomerId\":\"1\"";
    assert_rejected(
        Media::Ndjson,
        [
            line(&brackets, 1, "must be a JSON object"),
            line(&deep, 1, "check character"),
            line("[{\"CustomerId\":\"1\"}]", 1, "must be a JSON object; this is an array"),
            line("{\n\"CustomerId\":\"1\"\n}", 1, "this object has several lines"),
            line(&"{".repeat(3_000_000), 1, "longer than 1048576 bytes"),
            line(
                &format!("{id}}}\n\n{{\"CustomerId\":\"2\",\"a\":{{}}}}"),
                3,
                "\"a\" contains an object",
            ),
            line(&format!("{id},\"a\":[1]}}"), 1, "\"a\" contains an object or array"),
            line(
                &format!("{id},\"a\":1,\"a\":1}}"),
                1,
                "field 3 of the object has the name of another",
            ),
            line(&format!("{id}}} {id}}}"), 1, "check character 20"),
            line(&format!("{id},\"a\":\"\\ud800\"}}"), 1, "\"a\" contains an invalid escape"),
            line(&format!("{id},\"a\":\"\\u0000\"}}"), 1, "zero byte"),
            line(&format!("{id},\"\":1}}"), 1, "no name"),
            line(&format!("{id}}}\n{{\"a\":1}}"), 2, "CustomerId is empty"),
            line(&format!("{id}}}\n{id}}}"), 2, "duplicate CustomerId"),
            line("{\"CustomerId\":null}", 1, "CustomerId is empty"),
            line("{\"CustomerId\":true}", 1, "must be a string"),
            line("{\"CustomerId\":1.5}", 1, "must be a string"),
            (b"{\"CustomerId\":\"\xff\"}".into(), Some(1), "not UTF-8"),
        ],
    )
    .await;
}

#[tokio::test]
async fn bad_parquet_is_rejected_with_its_row_and_nothing_remains() {
    let ids = |ids: &[&str]| -> ArrayRef { Arc::new(StringArray::from(ids.to_vec())) };
    let numbers: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    let file = members(5000);
    let id = "CustomerId";
    assert_rejected(
        Media::Parquet,
        [
            (file[..file.len() / 2].into(), None, "cut short"),
            (file[file.len() / 2..].into(), None, "cut short"),
            (b"PAR1".into(), None, "cut short"),
            (Vec::new(), None, "cut short"),
            (parquet_of(vec![(id, ids(&["1", "2", "1"]))]), None, "row 3: duplicate CustomerId"),
            (parquet_of(vec![(id, ids(&["1", ""]))]), None, "row 2: CustomerId is empty"),
            (
                parquet_of(vec![(id, ids(&["1", "a\0"]))]),
                None,
                "row 2: \"CustomerId\" contains a zero byte",
            ),
            (parquet_of(vec![(id, numbers)]), None, "must contain text or whole numbers"),
            (parquet_of(vec![("Email", ids(&["1"]))]), None, "no column CustomerId"),
            (
                parquet_of(vec![(id, ids(&["1"])), ("a\0", ids(&["1"]))]),
                None,
                "column 2 has a control",
            ),
            (
                parquet_of(vec![(id, ids(&["1", &"x".repeat(201)]))]),
                None,
                "row 2: CustomerId is longer",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_broken_quote_deep_in_a_large_file_is_found_at_its_line() {
    let (_folder, storage) = storage();
    let line = |line: u64| {
        let quote = if line == 70_001 { "\"" } else { "" };
        format!("{line},{quote}person{line}@example.com,\"Riga, Latvia\"")
    };
    let body = (2..=100_000)
        .fold("CustomerId,Email,City".to_owned(), |body, number| body + "\n" + &line(number));

    let error = send(&storage, Media::Csv, body).await.unwrap_err();

    let message = error.to_string();
    assert!(message.starts_with("line 70001: text follows a closing quote"), "{message}");
}

#[tokio::test]
async fn limits_hold() {
    let (folder, storage) = storage();
    let limits = ReceiveLimits {
        bytes_max: 100,
        rows_max: 2,
        fields_max: 2,
        row_bytes_max: 40,
        stored_bytes_max: 1 << 20,
        may_be_empty: false,
    };
    let long = "x".repeat(50);
    for (media, body, words) in [
        (Media::Csv, "x".repeat(101), "larger than 100 bytes"),
        (Media::Csv, "CustomerId\n1\n2\n3".into(), "more than 2 members"),
        (Media::Csv, "CustomerId,a,b".into(), "line 1: the header names 3 columns"),
        (
            Media::Csv,
            format!("CustomerId\n1\n{long}"),
            "line 3: the record that begins here is longer than 40",
        ),
        (
            Media::Ndjson,
            "{\"CustomerId\":\"1\",\"a\":1,\"b\":2}".into(),
            "line 1: there are more than 2",
        ),
        (
            Media::Ndjson,
            format!("{{\"CustomerId\":\"{long}\"}}"),
            "line 1: the line is longer than 40",
        ),
    ] {
        let body = stream::iter([Ok::<_, Infallible>(Bytes::from(body))]);
        let error = storage.receive("tests", media, body, &limits).await.unwrap_err();
        let message = error.to_string();
        assert!(message.contains(words), "{message} should say {words}");
    }
    assert!(is_empty(folder.path()));
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_nothing() {
    let (folder, storage) = storage();
    let body =
        stream::iter([Ok(Bytes::from("CustomerId\n1\n")), Err(std::io::Error::other("gone"))]);

    let error = storage.receive("tests", Media::Csv, body, &LIMITS).await.unwrap_err();

    assert!(matches!(error, Error::Interrupted(_)), "{error:?}");
    assert!(is_empty(folder.path()));
}

/// More than one part, however well it is compressed.
fn many_parts() -> String {
    let row = |row: u32| {
        let mut line = row.to_string();
        (0..6).for_each(|_| write!(line, ",{}", uuid::Uuid::new_v4().simple()).unwrap());
        line
    };
    (0..80_000).fold("CustomerId,a,b,c,d,e,f".to_owned(), |body, number| body + "\n" + &row(number))
}

#[tokio::test]
async fn a_storage_that_cannot_be_written_is_at_fault_however_much_is_sent() {
    let (folder, storage) = storage();
    std::fs::write(folder.path().join("uploads"), "in the way").unwrap();
    for body in ["CustomerId\n1\n".to_owned(), many_parts()] {
        let error = send(&storage, Media::Csv, body).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_damaged_parquet_file_is_never_the_storage_s_fault() {
    let (folder, storage) = storage();
    let file = members(20);
    let mut rejected = 0;
    for index in 0..file.len() {
        let mut damaged = file.clone();
        damaged[index] ^= 0x84;
        match send(&storage, Media::Parquet, damaged).await {
            Ok(received) => storage.remove(&received.manifest.objects[0].path).await.unwrap(),
            Err(Error::Invalid { .. }) => rejected += 1,
            Err(other) => panic!("byte {index}: {other:?}"),
        }
    }
    assert!(rejected > file.len() / 4, "{rejected} of {}", file.len());
    assert!(is_empty(folder.path()));
}

#[tokio::test]
async fn work_for_a_caller_who_has_left_ends_at_the_next_read() {
    let cancelled = tokio_util::sync::CancellationToken::new();
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, b"CustomerId\n1\n").unwrap();
    for media in [Media::Csv, Media::Ndjson, Media::Parquet] {
        let file = file.try_clone().unwrap();
        let spool = Spool::new(file, cancelled.clone());
        cancelled.cancel();
        let ended = convert::convert(spool, &media.into(), &LIMITS).map(|_| "converted");
        assert!(matches!(ended, Err(Error::Unavailable(_))), "{media:?}: {ended:?}");
    }
}

#[tokio::test]
async fn rows_of_parquet_that_are_in_memory_already_are_not_read_for_a_caller_who_has_left() {
    let cancelled = tokio_util::sync::CancellationToken::new();
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, &members(5000)).unwrap();
    let windows = Windows::spooled(Spool::new(file, cancelled.clone()), 1).unwrap();
    let opened = parquet::open(&windows, 1).unwrap();
    let all = ::parquet::arrow::ProjectionMask::all();
    let mut batches = parquet::Batches::open(&opened, &windows, all).unwrap();
    assert_eq!(batches.next().unwrap().unwrap().num_rows(), 1000);
    cancelled.cancel();
    let ended = batches.next().unwrap();
    assert!(matches!(ended, Err(Error::Unavailable(_))), "{ended:?}");
}

#[tokio::test]
async fn values_that_are_out_of_range_refuse_the_file_and_say_of_which_column() {
    let id = || -> ArrayRef { Arc::new(StringArray::from(vec!["1"])) };
    let columns: [(ArrayRef, &str); 4] = [
        (Arc::new(arrow_array::DurationSecondArray::from(vec![i64::MAX])), "a duration"),
        (Arc::new(arrow_array::Time32MillisecondArray::from(vec![-1])), "a time"),
        (Arc::new(arrow_array::Time64MicrosecondArray::from(vec![i64::MAX])), "a time"),
        (Arc::new(Date32Array::from(vec![i32::MAX])), "a date"),
    ];
    for (column, what) in columns {
        let (folder, storage) = storage();
        let file = parquet_of(vec![("CustomerId", id()), ("a", column)]);
        let message = send(&storage, Media::Parquet, file).await.unwrap_err().to_string();
        assert_eq!(message, format!("column \"a\" contains {what} that is out of range"));
        assert!(is_empty(folder.path()));
    }
}

#[tokio::test]
async fn a_file_without_its_header_is_refused_without_a_value_of_it() {
    let row = "john.doe@example.com,john.doe@example.com\n";
    for (media, body) in [
        (Media::Csv, row.repeat(2)),
        (Media::Csv, "customer id 4711 John,b\n1,2\n".into()),
        (Media::Csv, format!("{},b\n1,2\n", "john".repeat(100))),
        (Media::Ndjson, "{\"CustomerId\":\"1\",\"john\":1,\"john\":2}".into()),
        (
            Media::Ndjson,
            (0..21)
                .map(|n| format!("{{\"CustomerId\":\"1\",\"john{n}\":1}}"))
                .collect::<Vec<_>>()
                .join("\n"),
        ),
    ] {
        let (_folder, storage) = storage();
        let message = send(&storage, media, body).await.unwrap_err().to_string();
        assert!(!message.to_lowercase().contains("john"), "{message}");
    }
}
