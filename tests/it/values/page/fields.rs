//! Custom fields and mobile numbers: in one run those, in one each these.

use serde_json::{Value, json};

use super::super::{add_field, run_with, stored};
use super::{Line, ann_with, column, lines, lines_of, profile, text_column};
use crate::support::TestApp;

/// The codes of what could not be sent into a part of a subscriber.
fn codes(run: &Value, key: &str) -> Vec<Value> {
    let warnings = run["fieldWarnings"].as_array().unwrap().iter();
    let of_key = warnings.filter(|warning| warning["key"] == key);
    of_key.flat_map(|warning| warning["byCode"].as_array().unwrap().clone()).collect()
}

/// What a line says of them.
fn codes_of(line: &Line) -> Vec<Value> {
    line.problem.iter().map(|code| json!({"code": code, "count": 1})).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_value_of_the_page_arrives_in_a_custom_field_as_it_says() {
    let app = TestApp::start().await;
    let types =
        ["Text", "Number", "Date", "MultiSelectOne", "MultiSelectMany", "Country", "USState"];
    let lines = lines();
    let lines: Vec<&Line> = lines.iter().filter(|line| types.contains(&&*line.part)).collect();
    let options = ["Tea", "Bread; Butter", "Café"];
    let (mut customs, mut columns) = (vec![], vec![]);
    for (index, line) in lines.iter().enumerate() {
        let has_own = line.part.starts_with("Multi");
        add_field(&app, &format!("F{index}"), &line.part, if has_own { &options } else { &[] })
            .await;
        let mut custom = json!({"field": format!("V{index}"), "key": format!("F{index}")});
        custom.as_object_mut().unwrap().extend(line.mapping.clone());
        customs.push(custom);
        columns.push((format!("V{index}"), column(line)));
    }
    assert!(lines.len() > 60);
    profile(&app, (text_column("1"), text_column("ann@example.com")), columns).await;

    let run = run_with(&app, &json!({"email": "Email", "customFields": customs})).await;

    let ann = stored(&app, "ann@example.com").await;
    for (index, line) in lines.iter().enumerate() {
        let key = format!("F{index}");
        let got: Vec<String> =
            serde_json::from_value(ann["fields"][format!("[{key}]")].clone()).unwrap_or_default();
        // It shows days in another form than it reads them.
        let got: Vec<_> = got
            .iter()
            .map(|value| if line.part == "Date" { value.replace('-', "/") } else { value.clone() })
            .collect();
        assert_eq!((got, codes(&run, &key)), (line.sent.clone(), codes_of(line)), "{line:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_value_of_the_page_arrives_as_a_mobile_number_as_it_says() {
    let app = TestApp::start().await;
    let lines = lines_of("mobileNumber");
    assert!(lines.len() > 6);
    for line in lines {
        ann_with(&app, &line).await;
        let mut mapping = line.mapping_of("mobileNumber");
        mapping["mobileNumber"]["ifEmpty"] = "clear".into();

        let run = run_with(&app, &mapping).await;

        let ann = stored(&app, "ann@example.com").await;
        assert_eq!(codes(&run, "MobileNumber"), codes_of(&line), "{line:?}");
        if let Some(number) = line.sent.first() {
            assert_eq!(ann["mobileNumber"], json!(number), "{line:?}");
        }
    }
    assert_eq!(
        stored(&app, "ann@example.com").await["mobileNumber"],
        "+37120000000",
        "no problem clears it"
    );
}
