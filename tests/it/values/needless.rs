//! A format of numbers belongs to texts: where the data has numbers, 1.234 would become 1234.

use reqwest::Method;
use serde_json::{Value, json};

use super::export_with;
use crate::support::{TestApp, good, refused, text};

const NDJSON: &str = "application/x-ndjson";

/// A mapping of a source to a number of the list, written as Germans write it.
fn german(source: &Value) -> Value {
    let mut custom = json!({"key": "points", "format": {"decimal": ",", "group": "."}});
    custom.as_object_mut().unwrap().extend(source.as_object().unwrap().clone());
    json!({"email": "Email", "customFields": [custom]})
}

fn row(id: u32, value: &str) -> String {
    format!("{{\"CustomerId\":\"{id}\",\"Email\":\"p{id}@example.com\",\"V\":{value}}}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_format_of_numbers_is_refused_where_the_data_has_numbers() {
    let app = TestApp::start().await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    let connection = app.connection().await;
    for (rows, source) in [
        (row(1, "1.234"), json!({"field": "V"})),
        (row(1, "1.10"), json!({"field": "V"})),
        (row(1, "1.234"), json!({"template": "{{V}}"})),
        (row(1, "1.234") + &row(2, "\"1.234,5\""), json!({"field": "V"})),
        (row(1, "0.12345678901234567890"), json!({"field": "V"})),
    ] {
        good(app.upload("People", NDJSON, rows.clone().into_bytes()).await).await;
        let new = export_with(&connection, &german(&source));
        let answer =
            app.request("Admin", Method::POST, "/exports").json(&new).send().await.unwrap();
        let problem = refused(answer, 422).await;
        assert_eq!(problem["errors"][0]["code"], "needlessFormat", "{rows}: {problem}");
        assert_eq!(problem["errors"][0]["pointer"], "/mapping/customFields/0/format");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_does_not_read_numbers_by_a_format_that_was_saved_for_texts() {
    let app = TestApp::start().await;
    app.segment("People", "CustomerId,Email,V\n1,p1@example.com,\"1.234,5\"\n").await;
    let new = export_with(&app.connection().await, &german(&json!({"template": "{{V}}"})));
    let export = text(&app.post("/exports", &new).await, "exportId");
    good(app.upload("People", NDJSON, row(1, "1.234").into_bytes()).await).await;

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!(
        (&run["status"], &run["reason"]["code"]),
        (&json!("failed"), &json!("needlessFormat")),
        "{run}"
    );
    let message = text(&run["reason"], "message");
    assert!(message.contains("“V”") && message.contains("Nothing was sent"), "{message}");
    assert_eq!(app.active().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_into_a_text_is_sent_as_it_is_written_whatever_the_other_rows_have() {
    let app = TestApp::start().await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    let mapping = json!({"email": "Email", "customFields": [{"field": "V", "key": "city"}]});
    for other in ["2.5", "\"text\"", "null"] {
        let rows = row(1, "1.10") + &row(2, other);
        good(app.upload("People", NDJSON, rows.into_bytes()).await).await;
        super::run_with(&app, &mapping).await;
        let sent = super::stored(&app, "p1@example.com").await["fields"]["[city]"].clone();
        assert_eq!(sent, json!(["1.10"]), "beside {other}");
    }
    assert_eq!(app.get("/segments/People").await["fields"][2]["type"], "number");
}
