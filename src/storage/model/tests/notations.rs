//! Days and numbers that a model says are written in its own way.

use serde_json::{Value, json};

use super::Export;
use crate::storage::tests::parquet_with;

const HEADER: &str = "CustomerId,Email,Whole,Broken,Money,Day,Moment,Stamp,Text,Hour\n";

/// A model of one attribute of every type that matters, with these members of its own, and of the entity.
fn model(own: &Value, entity: &Value) -> Value {
    let types = [
        ("CustomerId", "int64"),
        ("Email", "string"),
        ("Whole", "int64"),
        ("Broken", "double"),
        ("Money", "decimal"),
        ("Day", "date"),
        ("Moment", "dateTime"),
        ("Stamp", "dateTimeOffset"),
        ("Text", "string"),
        ("Hour", "time"),
    ];
    let attributes: Vec<_> =
        types.iter().map(|(name, of)| json!({"name": name, "dataType": of})).collect();
    let settings = json!({"$type": "CsvFormatSettings", "columnHeaders": true, "delimiter": ";"});
    let mut model = json!({"name": "Export", "version": "1.0", "entities": [
        {"$type": "LocalEntity", "name": "High", "attributes": attributes, "partitions":
            [{"name": "p", "location": "High.csv", "fileFormatSettings": settings}]}]});
    model.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    let first = model["entities"][0].as_object_mut().unwrap();
    first.extend(entity.as_object().unwrap().clone());
    model
}

fn annotated(days: &str, moments: &str) -> Value {
    json!({"annotations": [{"name": "other", "value": {"a": 1}}, {"name": "ci:CustomDateFormat", "value": days},
        {"name": "ci:CustomTimestampFormat", "value": moments}]})
}

/// An export of one member.
fn export(model: &Value, row: &str) -> Export {
    let file = format!("{HEADER}{row}\n").replace(',', ";").replace('~', ",");
    Export::new(model).with("High.csv", file)
}

/// The values of one member, from the third to the last.
async fn read(model: &Value, row: &str) -> Vec<String> {
    let export = export(model, row);
    let mut values = vec![];
    for column in HEADER.trim_end().split(',').skip(2) {
        values.extend(export.values(column).await);
    }
    values
}

/// No number of `de-DE`.
const MARKED: &str = "\0\u{fdd0}1.5";

const GERMAN: &str = "1.234,1@a,1.234,-0~5,1.234.567~89,01.02.1990,01.02.1990 23:30:00,\
    01.02.1990 23:30:00 +02:00,01.02.1990,01.02";

#[tokio::test]
async fn days_and_numbers_of_every_type_are_read_as_in_the_culture_and_nothing_else() {
    let model = model(&json!({"culture": "de-DE"}), &json!({}));
    assert_eq!(
        read(&model, GERMAN).await,
        [
            "1234",
            "-0.5",
            "1234567.89",
            "1990-02-01",
            "1990-02-01T23:30:00",
            "1990-02-01T23:30:00+02:00",
            "01.02.1990",
            "01.02"
        ]
    );
    assert_eq!(export(&model, GERMAN).values("CustomerId").await, ["1.234"]);
}

#[tokio::test]
async fn a_culture_that_is_not_known_and_no_culture_leave_values_as_they_are() {
    for own in [json!({}), json!({"culture": "ar-SA"}), json!({"culture": ["de-DE"]})] {
        let values = read(&model(&own, &json!({})), GERMAN).await;
        assert_eq!(values[0..4], ["1.234", "-0,5", "1.234.567,89", "01.02.1990"], "{own}");
    }
}

#[tokio::test]
async fn a_value_that_does_not_fit_stays_as_it_is_and_one_that_misleads_has_a_mark() {
    let model = model(&json!({"culture": "de-DE"}), &json!({}));
    let wrong = "1,1@a,many,1.5,1~2~3,02/03/1990,1990-02-01T10:00:00Z,,,";
    assert_eq!(
        read(&model, wrong).await,
        ["many", MARKED, "1,2,3", "02/03/1990", "1990-02-01T10:00:00Z", "null", "null", "null"]
    );
    let mixed = "2,2@a,7,1~5,2,1990-02-28,31.12.1990,1.2.1990 8:00,,";
    assert_eq!(
        read(&model, mixed).await[..6],
        ["7", "1.5", "2", "1990-02-28", "1990-12-31", "1990-02-01T08:00:00"]
    );
}

#[tokio::test]
async fn a_day_that_does_not_fit_a_pattern_is_not_read_with_day_and_month_in_the_other_order() {
    for (pattern, value, expected) in [
        ("yyyy-dd-MM", "1990-02-01", "1990-01-02"),
        ("yyyy-dd-MM", "1990-12-31", "\0\u{fdd0}1990-12-31"),
        ("yyyy/dd/MM", "1990/12/31 10:00", "\0\u{fdd0}1990/12/31 10:00"),
        ("yyyy-dd-MM", "soon", "soon"),
        ("yyyy-MM-dd", "1990/12/31", "1990/12/31"),
        ("dd/MM/yyyy", "1990-12-31", "1990-12-31"),
    ] {
        let model = model(&annotated(pattern, pattern), &json!({}));
        let row = format!("1,1@a,1,1,1,{value},,,,");
        assert_eq!(read(&model, &row).await[3], expected, "{pattern} {value}");
    }
}

#[tokio::test]
async fn an_annotation_beats_the_culture_and_the_innermost_beats_the_others() {
    let row = "1,1@a,1,1,1,01/02/1990,01/02/1990 10:00,01/02/1990 10:00,,";
    let day_first = annotated("dd/MM/yyyy", "dd/MM/yyyy HH:mm");
    let culture = json!({"culture": "en-US"});
    let days = |model: Value| async move { read(&model, row).await[3..6].to_vec() };
    assert_eq!(
        days(model(&culture, &json!({}))).await,
        ["1990-01-02", "1990-01-02T10:00:00", "1990-01-02T10:00:00"]
    );
    let mut of_model = culture.clone();
    of_model.as_object_mut().unwrap().extend(day_first.as_object().unwrap().clone());
    let day_first_everywhere = ["1990-02-01", "1990-02-01T10:00:00", "1990-02-01T10:00:00"];
    assert_eq!(days(model(&of_model, &json!({}))).await, day_first_everywhere);
    assert_eq!(days(model(&culture, &day_first)).await, day_first_everywhere);
    let mut inner = model(&of_model, &annotated("MM/dd/yyyy", "MM/dd/yyyy HH:mm"));
    inner["entities"][0]["attributes"][5]["annotations"] = day_first["annotations"].clone();
    assert_eq!(days(inner).await, ["1990-02-01", "1990-01-02T10:00:00", "1990-01-02T10:00:00"]);
}

#[tokio::test]
async fn a_pattern_that_is_not_understood_leaves_values_as_they_are_whatever_the_culture_is() {
    let row = "1,1@a,1,1,1,01.02.1990,01.02.1990,01.02.1990,,";
    let mut own = annotated("dd MMM yyyy", "yyyy-MM-dd");
    own["culture"] = "de-DE".into();
    assert_eq!(read(&model(&own, &json!({})), row).await[3..6], ["01.02.1990"; 3]);
    let not_annotations = json!({"culture": "de-DE", "annotations": {"name": 1}});
    assert_eq!(read(&model(&not_annotations, &json!({})), row).await[3], "1990-02-01");
}

#[tokio::test]
async fn a_culture_that_changes_is_seen_although_the_files_are_the_same() {
    let export =
        export(&model(&json!({"culture": "en-US"}), &json!({})), "1,1@a,1,1,1,01/02/1990,,,,");
    let known = export.inspect().await.unwrap();
    assert_eq!(export.inspect_with(Some(known.clone())).await.unwrap(), known);
    export.write("model.json", model(&json!({"culture": "en-GB"}), &json!({})).to_string());
    assert_ne!(export.inspect_with(Some(known.clone())).await.unwrap(), known);
    assert_eq!(export.values("Day").await, ["1990-02-01"]);
}

#[tokio::test]
async fn parquet_has_types_of_its_own_and_is_read_as_it_is() {
    let mut model = model(&json!({"culture": "de-DE"}), &json!({}));
    model["entities"][0]["partitions"] = json!([{"name": "p", "location": "High.parquet"}]);
    model["entities"][0]["attributes"].as_array_mut().unwrap().truncate(2);
    let export = Export::new(&model).with("High.parquet", parquet_with(&[1], "Email"));
    assert!(export.inspect().await.unwrap().manifest.notations.is_empty());
}
