//! Parquet files by writers of others: every member comes back as it was written, and what has no text says why.

use serde_json::{Value, json};

use crate::programs::{python_with, succeed};
use crate::support::{TestApp, text};

const CONTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");
const WRITERS: [(&str, &str); 3] =
    [("pyarrow", "pyarrow==26.0.1"), ("duckdb", "duckdb==2.0.1"), ("polars", "polars==2.1.0")];

/// The two members, of which a writer has the fields that it has types for.
fn expected(field: &str) -> [Value; 2] {
    match field {
        "CustomerId" => [json!("1"), json!("2")],
        "Text" => [json!("𠮷田"), Value::Null],
        "Whole" => [json!("9223372036854775807"), json!("-9223372036854775808")],
        "Natural" => [json!("18446744073709551615"), json!("0")],
        "Single" => [json!("0.1"), Value::Null],
        "Double" => [json!("1e300"), json!("0.1")],
        "Money" | "Huge" => [json!("12.50"), json!("-0.05")],
        "Flag" => [json!("true"), Value::Null],
        "Day" => [json!("1990-02-02"), Value::Null],
        "Time" => [json!("13:45:30.000001"), Value::Null],
        "Moment" => [json!("2026-03-01T06:00:00"), Value::Null],
        "Id" => [json!("6f9619ff-8b86-d011-b42d-00cf4fc964ff"), Value::Null],
        "Bytes" | "City" => [json!("Rīga"), Value::Null],
        "Lasts" => [json!("PT5400S"), Value::Null],
        "Nothing" => [Value::Null, Value::Null],
        other => panic!("{other} is not expected to be read"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_come_back_as_other_writers_wrote_them() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    for (writer, package) in WRITERS {
        let python = python_with(package).await.join("python");
        let file = app.storage().join(format!("{writer}.parquet"));
        succeed(python, &["write_members.py", writer, &file.to_string_lossy()], CONTRACT).await;
        let url = app.storage_url(&format!("{writer}.parquet"));
        let source = json!({"kind": "files", "format": "parquet", "url": url});
        let body = json!({"displayName": writer, "source": source});
        app.put(&format!("/segments/{writer}"), &body).await;
        app.put("/segments/Uploaded", &json!({"displayName": "Uploaded"})).await;
        let bytes = std::fs::read(&file).unwrap();
        app.upload("Uploaded", "application/vnd.apache.parquet", bytes).await;

        for segment in [writer, "Uploaded"] {
            check(&app, writer, segment).await;
        }
    }
}

async fn check(app: &TestApp, writer: &str, segment: &str) {
    let fields = app.get(&format!("/segments/{segment}")).await["fields"].clone();
    let unmappable =
        fields.as_array().unwrap().iter().filter(|field| field["unmappable"] != Value::Null);
    let unmappable: Vec<String> = unmappable.map(|field| text(field, "name")).collect();
    let known = ["Tags", "Record", "Map", "Blob", "Interval"];
    assert!(unmappable.len() >= 3, "{writer}: {fields}");
    assert!(unmappable.iter().all(|name| known.contains(&&**name)), "{writer}: {fields}");

    let members = app.get(&format!("/segments/{segment}/members")).await["items"].clone();
    let fields = members[0].as_object().unwrap();
    assert!(fields.len() >= 14, "{writer}: {members}");
    for field in fields.keys() {
        let found = [members[0][field].clone(), members[1][field].clone()];
        assert_eq!(found, expected(field), "{writer}, {segment}: {field}");
    }
}
