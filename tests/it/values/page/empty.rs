//! Empty values: what the list has stays or goes, and a value that cannot be sent removes nothing.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use super::super::{add_field, run_with, stored};
use super::{Line, ann_with, lines};
use crate::support::TestApp;

const HEADING: &str = "ifEmpty ";

/// Each type of field, and what the list has there before.
const BEFORE: [(&str, &str); 7] = [
    ("Text", "Riga"),
    ("Number", "7"),
    ("Date", "1990-01-01"),
    ("MultiSelectOne", "Tea"),
    ("MultiSelectMany", "Tea"),
    ("Country", "Latvia"),
    ("USState", "Ohio"),
];
const NUMBER: &str = "+37120000001";

/// The key of the field of a type: the newsletter has fields of its own.
fn key(part: &str) -> String {
    format!("E{part}")
}

/// What the list has of Ann in the part that a line is about.
async fn kept(app: &TestApp, part: &str) -> Value {
    let ann = stored(app, "ann@example.com").await;
    match part {
        "mobileNumber" => ann["mobileNumber"].clone(),
        part => ann["fields"][format!("[{}]", key(part))][0].clone(),
    }
}

fn mapping(line: &Line, part: &str) -> Value {
    if part == "mobileNumber" {
        return line.mapping_of(part);
    }
    let mut mapping = line.mapping_of("customFields");
    let mut custom = mapping["customFields"].take();
    custom["key"] = key(part).into();
    mapping["customFields"] = json!([custom]);
    mapping
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_about_empty_values_leaves_or_removes_what_it_says() {
    let app = TestApp::start().await;
    for (part, _) in BEFORE {
        let options: &[&str] = if part.starts_with("Multi") { &["Tea", "Milk"] } else { &[] };
        add_field(&app, &key(part), part, options).await;
    }
    let fields: serde_json::Map<_, _> =
        BEFORE.iter().map(|(part, value)| (format!("[{}]", key(part)), json!(value))).collect();
    let ann = json!([{"email": "ann@example.com", "state": "Active", "mobileNumber": NUMBER, "fields": fields}]);
    let lines = lines().into_iter().filter(|line| line.part.starts_with(HEADING));
    let lines: Vec<_> = lines.collect();
    assert!(lines.len() > 30);
    for line in lines {
        let part = line.part.trim_start_matches(HEADING);
        app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &ann).await;
        let before = kept(&app, part).await;
        assert!(before.is_string(), "{part}");
        ann_with(&app, &line).await;

        let run = run_with(&app, &mapping(&line, part)).await;

        let expected = if line.clears { Value::Null } else { before };
        assert_eq!(kept(&app, part).await, expected, "{line:?}");
        let codes = run["fieldWarnings"].as_array().unwrap().iter();
        let codes: Vec<_> = codes.map(|warning| warning["byCode"][0]["code"].clone()).collect();
        assert_eq!(
            codes,
            line.problem.iter().map(|code| json!(code)).collect::<Vec<_>>(),
            "{line:?}"
        );
    }
}
