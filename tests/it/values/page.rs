//! Every line of `docs/VALUES.md`, sent by a run and read back.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, RecordBatch, StringArray, cast::AsArray, types::TimestampMicrosecondType,
};
use arrow_schema::{DataType, TimeUnit};
use parquet::arrow::ArrowWriter;
use serde_json::{Map, Value, json};

use super::{add_field, run_with, stored};
use crate::support::{TestApp, good};

/// A line of the page.
struct Line {
    field: String,
    held: String,
    value: String,
    mapping: Map<String, Value>,
    sent: Vec<String>,
}

fn lines() -> Vec<Line> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/VALUES.md"));
    let mut field = String::new();
    let mut lines = vec![];
    for row in page.unwrap().lines() {
        if let Some(heading) = row.strip_prefix("## ") {
            heading.clone_into(&mut field);
        }
        let cells: Vec<&str> = row.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect();
        let [held, value, mapping, sent] = cells[..] else { continue };
        if held == "the data holds" {
            continue;
        }
        let mapping = format!("{{{}}}", mapping.trim_matches('`'));
        lines.push(Line {
            field: field.clone(),
            held: held.to_owned(),
            value: letters(value),
            mapping: serde_json::from_str(&mapping).unwrap(),
            sent: values(sent),
        });
    }
    lines
}

/// A value of the page, in which many letters are counted.
fn letters(cell: &str) -> String {
    let count = cell.split_once(" letters `a`").map(|(count, _)| count.parse().unwrap());
    count.map_or_else(|| cell.trim_matches('`').to_owned(), |count| "a".repeat(count))
}

/// What is sent by the page; nothing where there is a problem.
fn values(cell: &str) -> Vec<String> {
    if cell.starts_with("problem") {
        return vec![];
    }
    if cell.contains(" letters ") {
        return vec![letters(cell)];
    }
    cell.trim_matches('`').split("` `").map(str::to_owned).collect()
}

/// A column of one value of the type that the line names.
fn column(line: &Line) -> ArrayRef {
    let text: ArrayRef = Arc::new(StringArray::from(vec![line.value.as_str()]));
    let cast = |data_type: DataType| arrow_cast::cast(&text, &data_type).unwrap();
    let micros =
        |zone: Option<&str>| cast(DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into)));
    match line.held.as_str() {
        "number" if line.value.contains('.') => cast(DataType::Float64),
        "number" => cast(DataType::Int64),
        "boolean" => cast(DataType::Boolean),
        "day" => cast(DataType::Date32),
        "time" => micros(None),
        "moment" => {
            let moments = micros(Some("+00:00"));
            let moments = moments.as_primitive::<TimestampMicrosecondType>().clone();
            Arc::new(moments.with_timezone("Europe/Riga"))
        }
        _ => text,
    }
}

/// One profile with these values, as Parquet.
fn parquet(lines: &[&Line]) -> Vec<u8> {
    let text = |text: &str| Arc::new(StringArray::from(vec![text])) as ArrayRef;
    let ids = [("CustomerId".to_owned(), text("1")), ("Email".to_owned(), text("ann@example.com"))];
    let values = lines.iter().enumerate().map(|(index, line)| (format!("V{index}"), column(line)));
    let batch = RecordBatch::try_from_iter(ids.into_iter().chain(values)).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

async fn upload(app: &TestApp, lines: &[&Line]) {
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    good(app.upload("People", "application/vnd.apache.parquet", parquet(lines)).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_value_of_the_page_arrives_in_a_custom_field_as_it_says() {
    let app = TestApp::start().await;
    let lines = lines();
    let lines: Vec<&Line> = lines.iter().filter(|line| line.field != "mobileNumber").collect();
    let options = ["Tea", "Bread; Butter", "Café"];
    let mut customs = vec![];
    for (index, line) in lines.iter().enumerate() {
        let has_own = line.field.starts_with("Multi");
        add_field(&app, &format!("F{index}"), &line.field, if has_own { &options } else { &[] })
            .await;
        let mut custom = json!({"field": format!("V{index}"), "key": format!("F{index}")});
        custom.as_object_mut().unwrap().extend(line.mapping.clone());
        customs.push(custom);
    }
    assert!(lines.len() > 60);
    upload(&app, &lines).await;

    let run = run_with(&app, &json!({"email": "Email", "customFields": customs})).await;

    let ann = stored(&app, "ann@example.com").await;
    for (index, line) in lines.iter().enumerate() {
        let key = format!("F{index}");
        let got: Vec<String> =
            serde_json::from_value(ann["fields"][format!("[{key}]")].clone()).unwrap_or_default();
        // It shows days in another form than it reads them.
        let got: Vec<_> = got
            .iter()
            .map(|value| if line.field == "Date" { value.replace('-', "/") } else { value.clone() })
            .collect();
        assert_eq!(got, line.sent, "{} {} {}", line.field, line.held, line.value);
        let is_named = run["fieldWarnings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|named| named["key"] == key.as_str());
        assert_eq!(
            is_named,
            line.sent.is_empty() || line.value.len() > 250,
            "{} {}",
            line.field,
            line.value
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_value_of_the_page_arrives_as_a_mobile_number_as_it_says() {
    let app = TestApp::start().await;
    let lines = lines();
    let lines: Vec<&Line> = lines.iter().filter(|line| line.field == "mobileNumber").collect();
    assert!(lines.len() > 6);
    for line in lines {
        upload(&app, &[line]).await;
        let mut mapping =
            json!({"email": "Email", "mobileNumber": {"field": "V0", "ifEmpty": "clear"}});
        mapping.as_object_mut().unwrap().extend(line.mapping.clone());

        let run = run_with(&app, &mapping).await;

        let ann = stored(&app, "ann@example.com").await;
        let problems = run["fieldWarnings"].as_array().unwrap().len();
        match line.sent.first() {
            Some(number) => assert_eq!((&ann["mobileNumber"], problems), (&json!(number), 0)),
            None => assert_eq!(problems, 1, "{}", line.value),
        }
    }
    assert_eq!(
        stored(&app, "ann@example.com").await["mobileNumber"],
        "+37120000000",
        "no problem clears it"
    );
}
