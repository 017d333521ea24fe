//! Whatever a file has in it, that is what comes back.

use std::fmt::Write;

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::*;

/// Texts without a zero byte, among them those that formats give a meaning of their own.
fn value() -> impl Strategy<Value = Option<String>> {
    let special = prop::sample::select(vec![
        "\"",
        "\"\"",
        ",",
        ";",
        "\n",
        "\r\n",
        " a ",
        "007",
        "1e300",
        "null",
        "NULL",
        "\\",
        "\\ud842",
        "\u{feff}",
        "\u{20bb7}",
        "true",
        "-0",
        "0.10",
        "{}",
        "'",
    ]);
    let text = prop_oneof![special.prop_map(str::to_owned), "[^\0\r]{1,12}"];
    prop::option::of(text)
}

/// Rows of two values, each with an id.
fn table() -> impl Strategy<Value = Vec<Row>> {
    let rows = prop::collection::vec((value(), value()), 1..20);
    rows.prop_map(|rows| {
        let row = |(id, (one, other)): (usize, _)| vec![Some(id.to_string()), one, other];
        rows.into_iter().enumerate().map(row).collect()
    })
}

fn csv(rows: &[Row]) -> Vec<u8> {
    let cell = |value: &Option<String>| match value {
        Some(value) => format!("\"{}\"", value.replace('"', "\"\"")),
        None => String::new(),
    };
    let line = |row: &Row| row.iter().map(cell).collect::<Vec<_>>().join(",") + "\n";
    ("CustomerId,a,b\n".to_owned() + &rows.iter().map(line).collect::<String>()).into_bytes()
}

fn ndjson(rows: &[Row], escape: bool) -> Vec<u8> {
    let line = |row: &Row| {
        let line = serde_json::json!({"CustomerId": row[0], "a": row[1], "b": row[2]}).to_string();
        if escape { escaped(&line) } else { line }
    };
    rows.iter().map(|row| line(row) + "\n").collect::<String>().into_bytes()
}

/// As Python's `json.dumps` writes it.
fn escaped(json: &str) -> String {
    json.encode_utf16().fold(String::new(), |mut text, unit| {
        match u8::try_from(unit).ok().filter(u8::is_ascii) {
            Some(ascii) => text.push(ascii.into()),
            None => write!(text, "\\u{unit:04x}").unwrap(),
        }
        text
    })
}

fn parquet(rows: &[Row]) -> Vec<u8> {
    let column = |index: usize| -> ArrayRef {
        Arc::new(rows.iter().map(|row| row[index].clone()).collect::<StringArray>())
    };
    parquet_of(vec![("CustomerId", column(0)), ("a", column(1)), ("b", column(2))])
}

fn read_back(media: Media, body: Vec<u8>) -> Vec<Row> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (_folder, storage) = storage();
        let received = send(&storage, media, body).await.unwrap();
        rows(&storage, &received, &["CustomerId", "a", "b"]).await
    })
}

proptest! {
    #![proptest_config(Config { cases: 48, failure_persistence: None, ..Config::default() })]

    #[test]
    fn what_is_read_is_what_was_written(table in table()) {
        prop_assert_eq!(&read_back(Media::Csv, csv(&table)), &table);
        prop_assert_eq!(&read_back(Media::Ndjson, ndjson(&table, false)), &table);
        prop_assert_eq!(&read_back(Media::Ndjson, ndjson(&table, true)), &table);
        prop_assert_eq!(&read_back(Media::Parquet, parquet(&table)), &table);
    }
}
