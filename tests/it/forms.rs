//! Uploads that are not written with commas in UTF-8: what the errors say leads to members that are right.

use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::{Int32Builder, ListBuilder};
use arrow_array::{ArrayRef, RecordBatch, StringArray, Time64MicrosecondArray};
use encoding_rs::WINDOWS_1257;
use parquet::arrow::ArrowWriter;
use reqwest::{Method, Response};
use segment_export::sandbox::LIST_ID;
use serde_json::json;

use crate::support::{TestApp, good, refused, text};

/// What Excel saves in Latvia.
fn shop() -> Vec<u8> {
    let text = "CustomerId;Email;Pilsēta;Summa;Dzimis\r\n\
        1;ann@example.com;Rēzekne;12,50;31.12.1990\r\n2;bob@example.com;\"Rīga; centrs\";0,5;01.02.1985\r\n";
    WINDOWS_1257.encode(text).0.into_owned()
}

async fn send(app: &TestApp, query: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Response {
    let path = format!("/segments/People/members{query}");
    let mut call = app.request("Admin", Method::PUT, &path).body(body);
    for (name, value) in headers {
        call = call.header(*name, *value);
    }
    call.send().await.unwrap()
}

/// What stands between two texts.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("{text} lacks {begin}"));
    rest.split_once(end).unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_excel_becomes_a_segment_by_doing_what_the_errors_say() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    let csv = [("Content-Type", "text/csv")];

    let problem = refused(send(&app, "", &csv, shop()).await, 400).await;
    let detail = text(&problem, "detail");
    assert!(detail.contains("not UTF-8") && detail.contains("(Baltic)"), "{detail}");
    assert!(detail.contains("separated by semicolons"), "{detail}");
    let query = format!("?charset={}", between(&detail, "`?charset=", "`"));
    assert!(query.ends_with("&delimiter=%3B"), "both at once: {query}");

    let with_empty_rows = [shop(), b";;;;\r\n;;;;\r\n".to_vec()].concat();
    let segment = good(send(&app, &query, &csv, with_empty_rows).await).await;
    assert_eq!(segment["memberCount"], 2);
    let member = |id: &str, email: &str, city: &str, sum: &str, born: &str| {
        let mut member = json!({"CustomerId": id, "Email": email, "Pilsēta": city});
        member["Summa"] = sum.into();
        member["Dzimis"] = born.into();
        member
    };
    assert_eq!(
        app.get("/segments/People/members").await["items"],
        json!([
            member("1", "ann@example.com", "Rēzekne", "12,50", "31.12.1990"),
            member("2", "bob@example.com", "Rīga; centrs", "0,5", "01.02.1985"),
        ])
    );
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn gzip_is_read_when_its_header_says_so_and_named_when_not() {
    let app = TestApp::start_with(&["--roles", "api", "--max-upload-bytes", "100000"]).await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    let csv = ("Content-Type", "text/csv");
    let packed = [csv, ("Content-Encoding", "gzip")];
    let members = gzip(b"CustomerId,City\n1,R\xc4\xabga\n");

    let problem = refused(send(&app, "", &[csv], members.clone()).await, 400).await;
    assert!(text(&problem, "detail").contains("`Content-Encoding: gzip`"), "{problem}");
    good(send(&app, "", &packed, members.clone()).await).await;
    let found = app.get("/segments/People/members").await;
    assert_eq!(found["items"], json!([{"CustomerId": "1", "City": "Rīga"}]));

    let bomb = gzip(&vec![b'x'; 1 << 20]);
    assert_eq!(refused(send(&app, "", &packed, bomb).await, 413).await["errorCode"], "tooLarge");
    let twice = [csv, ("Content-Encoding", "gzip, gzip")];
    refused(send(&app, "", &twice, members).await, 415).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_bytes_are_what_the_address_says() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    let any = [("Content-Type", "application/octet-stream")];
    let csv = b"CustomerId;City\n1;Riga\n".to_vec();

    for query in ["", "?delimiter=%3B"] {
        let problem = refused(send(&app, query, &any, csv.clone()).await, 415).await;
        assert!(text(&problem, "detail").contains("`?format=csv`"), "{problem}");
    }
    let problem = refused(send(&app, "?format=csv", &any, csv.clone()).await, 400).await;
    assert!(text(&problem, "detail").contains("`&delimiter=%3B`"), "{problem}");
    let segment = good(send(&app, "?format=csv&delimiter=%3B", &any, csv.clone()).await).await;
    assert_eq!(segment["memberCount"], 1);
    let lines = b"{\"CustomerId\":\"1\"}\n{\"CustomerId\":\"2\"}\n".to_vec();
    let segment = good(send(&app, "?format=ndjson", &any, lines).await).await;
    assert_eq!(segment["memberCount"], 2);

    refused(send(&app, "?format=xlsx", &any, csv.clone()).await, 400).await;
    refused(send(&app, "?format=parquet&charset=utf-8", &any, csv.clone()).await, 400).await;
    let named = [("Content-Type", "text/csv")];
    let problem = refused(send(&app, "?format=csv&delimiter=%3B", &named, csv).await, 400).await;
    assert!(text(&problem, "detail").contains("application/octet-stream only"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_other_kinds_are_named_with_what_to_do() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    for (media, body, expected) in [
        (
            "text/csv",
            b"PK\x03\x04\x14 [Content_Types].xml xl/workbook.xml".as_slice(),
            "this is an Excel workbook: save it as \"CSV UTF-8\"",
        ),
        ("text/csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "this is an old Excel workbook (.xls)"),
        ("text/csv", b"%PDF-1.7", "this is a PDF document"),
        ("text/csv", b"<!DOCTYPE html><html>", "this is a web page (HTML)"),
        (
            "application/x-ndjson",
            b"[{\"CustomerId\":\"1\"}]",
            "every line must be a JSON object; this is an array",
        ),
    ] {
        let problem =
            refused(send(&app, "", &[("Content-Type", media)], body.to_vec()).await, 400).await;
        assert_eq!(problem["errorCode"], "invalidMembers");
        assert!(text(&problem, "detail").contains(expected), "{problem}");
    }
    for (media, query, expected) in [
        ("application/x-ndjson", "?delimiter=%3B", "`delimiter` is for text/csv only"),
        ("application/vnd.apache.parquet", "?charset=windows-1257", "`charset` is for text only"),
        ("application/x-ndjson", "?header=CustomerId", "`header` is for text/csv only"),
        ("application/vnd.apache.parquet", "?header=CustomerId", "`header` is for text/csv only"),
        ("text/csv", "?header=CustomerId,%20Email", "`header` in the query"),
        ("text/csv", "?charset=ansi", "`charset` in the query"),
        ("text/csv", "?delimiter=%3B%3B", "`delimiter` in the query"),
    ] {
        let problem =
            refused(send(&app, query, &[("Content-Type", media)], vec![]).await, 400).await;
        assert!(text(&problem, "detail").contains(expected), "{problem}");
    }
}

fn with_unreadable_columns() -> Vec<u8> {
    let mut tags = ListBuilder::new(Int32Builder::new());
    tags.values().append_value(1);
    tags.append(true);
    let columns: [(&str, ArrayRef); 4] = [
        ("CustomerId", Arc::new(StringArray::from(vec!["1"]))),
        ("Tags", Arc::new(tags.finish())),
        ("Email", Arc::new(StringArray::from(vec!["ann@example.com"]))),
        ("Wakes", Arc::new(Time64MicrosecondArray::from(vec![21_600_000_000]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_cannot_be_read_refuses_no_file_and_no_mapping_may_use_it() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    let media = "application/vnd.apache.parquet";
    let uploaded = good(app.upload("People", media, with_unreadable_columns()).await).await;
    std::fs::write(app.storage().join("a.parquet"), with_unreadable_columns()).unwrap();
    let source = json!({"kind": "files", "format": "parquet", "url": app.storage_url("a.parquet")});
    let stored =
        app.put("/segments/Files", &json!({"displayName": "Files", "source": source})).await;
    for segment in [uploaded, stored] {
        let tags = &segment["fields"][1];
        assert_eq!(tags["name"], "Tags");
        assert!(text(tags, "unmappable").starts_with("it holds lists"), "{segment}");
        assert!(segment["fields"][3].get("unmappable").is_none(), "{segment}");
        let members = app.get(&format!("/segments/{}/members", text(&segment, "name"))).await;
        let expected =
            json!([{"CustomerId": "1", "Email": "ann@example.com", "Wakes": "06:00:00"}]);
        assert_eq!(members["items"], expected);

        let export = json!({"displayName": "Tags", "connectionId": app.connection().await, "listId": LIST_ID,
            "segments": [segment["name"]],
            "mapping": {"email": "Email", "customFields": [{"field": "Tags", "key": "city"}]}});
        let call = app.request("Admin", Method::POST, "/exports").json(&export);
        let problem = refused(call.send().await.unwrap(), 422).await;
        assert_eq!(problem["errors"][0]["pointer"], "/mapping/customFields/0/field");
        assert!(text(&problem, "detail").contains("cannot be mapped: it holds lists"), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_without_a_line_of_names_is_read_with_the_names_of_the_query() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    let csv = [("Content-Type", "text/csv")];
    let query = "?header=CustomerId,Email,E-mail%20address&delimiter=%3B";
    let body = b"1;ann@example.com;a\n2;bob@example.com;\n".to_vec();

    let segment = good(send(&app, query, &csv, body.clone()).await).await;

    assert_eq!(segment["memberCount"], 2);
    let found = app.get("/segments/People/members").await;
    let first = json!({"CustomerId": "1", "Email": "ann@example.com", "E-mail address": "a"});
    assert_eq!(found["items"][0], first);
    let named = [b"CustomerId;Email;E-mail address\n".to_vec(), body].concat();
    for (query, body, expected) in [
        (query, named, "line 1: this line names the columns; leave out `header`"),
        ("?header=Id,Email", b"1,a\n".to_vec(), "`header` does not name CustomerId"),
        ("?header=CustomerId;Email", b"1,a\n".to_vec(), "`header` does not name CustomerId"),
        ("?header=CustomerId,Email", b"1,a,b\n".to_vec(), "line 1: the record has 3 fields"),
        ("?header=CustomerId,Email", b"1;a\n".to_vec(), "separated by semicolons"),
    ] {
        let problem = refused(send(&app, query, &csv, body).await, 400).await;
        assert!(text(&problem, "detail").contains(expected), "{problem}");
    }
    assert_eq!(app.get("/segments/People").await["memberCount"], 2);
}
