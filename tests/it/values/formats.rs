//! Formats are checked when an export is saved, and one moment is one day in every file.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use parquet::arrow::ArrowWriter;
use reqwest::Method;
use serde_json::{Value, json};

use super::{export_with, run_with, stored};
use crate::support::{TestApp, good, refused, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_format_that_cannot_be_read_or_does_not_suit_the_field_is_refused_with_what_is_possible()
{
    let app = TestApp::start().await;
    app.segment("People", "CustomerId,Email,V\n1,ann@example.com,x\n").await;
    let connection = app.connection().await;
    for (key, member, value, code, words) in [
        ("birthday", "format", json!("dd/MM"), "unreadableFormat", "dd/MM/yyyy"),
        ("birthday", "format", json!("dd/MM/yy"), "unreadableFormat", "yyyy"),
        ("birthday", "format", json!({"decimal": ","}), "unsuitedFormat", "excelSerial"),
        ("points", "format", json!("dd/MM/yyyy"), "unsuitedFormat", "decimal"),
        ("points", "format", json!("1 234,56"), "unsuitedFormat", "decimal"),
        ("interests", "format", json!(","), "unsuitedFormat", "separator"),
        (
            "points",
            "format",
            json!({"decimal": ",", "group": ","}),
            "unreadableFormat",
            "different",
        ),
        ("interests", "format", json!({"decimal": ","}), "unsuitedFormat", "json"),
        ("tier", "format", json!({"separator": ","}), "unsuitedFormat", "Remove"),
        ("city", "format", json!("dd/MM/yyyy"), "unsuitedFormat", "Remove"),
        ("city", "timezone", json!("Europe/Riga"), "unsuitedFormat", "Date"),
    ] {
        let mut custom = json!({"field": "V", "key": key});
        custom[member] = value.clone();
        let new = export_with(&connection, &json!({"email": "Email", "customFields": [custom]}));
        let answer =
            app.request("Admin", Method::POST, "/exports").json(&new).send().await.unwrap();
        let problem = refused(answer, 422).await;
        let error = &problem["errors"][0];
        assert_eq!(text(error, "pointer"), format!("/mapping/customFields/0/{member}"), "{value}");
        assert_eq!(error["code"], code, "{key} {value}");
        assert!(text(error, "message").contains(words), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_of_every_kind_are_reported_in_one_answer() {
    let app = TestApp::start().await;
    app.segment("People", "CustomerId,Email,V\n1,ann@example.com,x\n").await;
    let fields = json!([{"field": "W", "key": "city"}, {"field": "V", "key": "town"},
        {"field": "V", "key": "points", "format": "1 234,56"}]);
    let consent = json!({"field": "V", "yes": ["ok"], "no": ["OK"]});
    let mapping = json!({"email": "Email", "customFields": fields, "consentToTrack": consent});
    let new = export_with(&app.connection().await, &mapping);
    let answer = app.request("Admin", Method::POST, "/exports").json(&new).send().await.unwrap();
    let problem = refused(answer, 422).await;
    let errors = problem["errors"].as_array().unwrap().iter();
    let found: Vec<_> = errors.map(|error| (text(error, "pointer"), text(error, "code"))).collect();
    let expected = [
        ("/mapping/customFields/2/format", "unsuitedFormat"),
        ("/mapping/consentToTrack/yes/0", "contradictoryWord"),
        ("/mapping/customFields/0/field", "unknownField"),
        ("/mapping/customFields/1/key", "unknownCustomField"),
    ];
    assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_mapping_cannot_be_is_named_where_it_stands() {
    let app = TestApp::start().await;
    app.segment("People", "CustomerId,Email,V\n1,ann@example.com,x\n").await;
    let connection = app.connection().await;
    for (mapping, pointer) in [
        (json!({"defaultCountry": "XX"}), "/mapping/defaultCountry"),
        (json!({"defaultCountry": "lv"}), "/mapping/defaultCountry"),
        (json!({"timezone": "Europe/Nowhere"}), "/mapping/timezone"),
        (json!({"nullWords": [""]}), "/mapping/nullWords/0"),
        (json!({"mobileNumber": {"field": "V", "constant": "x"}}), "/mapping/mobileNumber"),
        (json!({"name": {"template": "no field"}}), "/mapping/name/template"),
        (json!({"customFields": [{"key": "city"}]}), "/mapping/customFields/0/field"),
        (
            json!({"customFields": [{"key": "city", "field": "V", "template": "{{V}}"}]}),
            "/mapping/customFields/0",
        ),
        (
            json!({"customFields": [{"key": "city", "field": "V", "format": {"decimal": "x"}}]}),
            "/mapping/customFields/0/format/decimal",
        ),
    ] {
        let mut whole = json!({"email": "Email"});
        whole.as_object_mut().unwrap().extend(mapping.as_object().unwrap().clone());
        let new = export_with(&connection, &whole);
        let answer =
            app.request("Admin", Method::POST, "/exports").json(&new).send().await.unwrap();
        let problem = refused(answer, 400).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
}

/// A profile whose field `V` is a moment in a zone, as Parquet.
fn with_moment(zone: Option<&str>, micros: i64) -> Vec<u8> {
    let text = |text: &str| Arc::new(StringArray::from(vec![text])) as ArrayRef;
    let moment = TimestampMicrosecondArray::from(vec![micros]).with_timezone_opt(zone);
    let columns: [(&str, ArrayRef); 3] =
        [("CustomerId", text("1")), ("Email", text("ann@example.com")), ("V", Arc::new(moment))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// The birthday that a run sends of what is in `People`.
async fn birthday(app: &TestApp, custom: &Value, mapping: &Value) -> String {
    let mut field = json!({"field": "V", "key": "birthday"});
    field.as_object_mut().unwrap().extend(custom.as_object().unwrap().clone());
    let mut whole = json!({"email": "Email", "customFields": [field]});
    whole.as_object_mut().unwrap().extend(mapping.as_object().unwrap().clone());
    run_with(app, &whole).await;
    stored(app, "ann@example.com").await["fields"]["[birthday]"][0].as_str().unwrap().to_owned()
}

/// Midnight in Riga of 2 February 1990: 22:00 of the day before in UTC.
const MIDNIGHT: i64 = 633_909_600_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn one_moment_is_one_day_whatever_file_it_comes_from() {
    let app = TestApp::start().await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    let parquet = "application/vnd.apache.parquet";
    let csv = |value: &str| format!("CustomerId,Email,V\n1,ann@example.com,{value}\n").into_bytes();
    let (none, riga) = (json!({}), json!({"timezone": "Europe/Riga"}));
    for (media, bytes, field, mapping, day) in [
        (parquet, with_moment(Some("Europe/Riga"), MIDNIGHT), &none, &none, "1990-02-02"),
        ("text/csv", csv("1990-02-02T00:00:00+02:00"), &none, &none, "1990-02-02"),
        (parquet, with_moment(Some("UTC"), MIDNIGHT), &none, &none, "1990-02-01"),
        (parquet, with_moment(Some("UTC"), MIDNIGHT), &riga, &none, "1990-02-02"),
        (parquet, with_moment(Some("UTC"), MIDNIGHT), &none, &riga, "1990-02-02"),
        ("text/csv", csv("1990-02-01T22:00:00Z"), &none, &riga, "1990-02-02"),
        (parquet, with_moment(None, MIDNIGHT), &riga, &none, "1990-02-01"),
        ("text/csv", csv("1990-02-01T22:00:00"), &riga, &none, "1990-02-01"),
    ] {
        good(app.upload("People", media, bytes).await).await;
        let got = birthday(&app, field, mapping).await;
        assert_eq!(got, day, "{media} {field} {mapping}");
    }
}
