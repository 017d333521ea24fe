//! Custom fields that are taken from the list while a run fills them: Campaign Monitor drops the values without a word.

use reqwest::Method;
use segment_export::sandbox::{API_KEY, LIST_ID};
use serde_json::{Value, json};

use crate::leavers::{csv, export, no_brake, person, run};
use crate::support::TestApp;

async fn vendor(app: &TestApp, method: Method, path: &str, body: &Value) {
    let url = app.sandbox.url().join(&format!("api/v3.3/lists/{LIST_ID}/{path}.json")).unwrap();
    let call = reqwest::Client::builder().build().unwrap().request(method, url).json(body);
    call.basic_auth(API_KEY, Some("x")).send().await.unwrap().error_for_status().unwrap();
}

pub async fn remove(app: &TestApp, key: &str) {
    vendor(app, Method::DELETE, &format!("customfields/%5B{key}%5D"), &json!({})).await;
}

pub async fn create(app: &TestApp, name: &str, kind: &str, options: &[&str]) {
    let field = json!({"FieldName": name, "DataType": kind, "Options": options});
    vendor(app, Method::POST, "customfields", &field).await;
}

/// What the list has of a person in a field.
async fn value(app: &TestApp, who: usize, key: &str) -> Value {
    person(app, who).await["fields"][format!("[{key}]")][0].clone()
}

/// Starts a run, and removes the field once all of its batches are on their way.
async fn run_that_loses(app: &TestApp, export: &str, key: &str) -> Value {
    let slow = json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 1500}}}]);
    app.faults(&slow).await;
    let run = app.start_run(export).await;
    app.run_when(&run, |run| run["counts"]["selected"] != 0).await;
    remove(app, key).await;
    let ended = app.ended(&run).await;
    app.faults(&json!([])).await;
    ended
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_says_that_the_list_lost_a_field_meanwhile_and_the_next_one_sends_everybody() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..10, &json!({"send": "changes"})).await;
    let ended = run_that_loses(&app, &export, "city").await;
    let said = (&ended["status"], &ended["reason"]["code"], &ended["counts"]["created"]);
    let expected = (&json!("completedWithErrors"), &json!("customFieldRemoved"), &json!(10));
    assert_eq!(said, expected, "{ended}");
    assert_eq!(run(&app, &export).await["reason"]["code"], "customFieldNotFound");

    create(&app, "city", "Text", &[]).await;
    let healed = run(&app, &export).await;
    let said = (&healed["status"], &healed["counts"]["updated"]);
    assert_eq!(said, (&json!("successful"), &json!(10)), "{healed}");
    assert_eq!(value(&app, 3, "city").await, "Riga");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_that_was_not_stored_is_set_by_the_next_run() {
    let app = TestApp::start().await;
    let flag = json!({"action": "flag", "key": "tier", "in": "Gold", "out": "Bronze"});
    let sync = json!({"send": "changes", "leavers": flag, "brake": no_brake()});
    let export = export(&app, "People", 0..10, &sync).await;
    run(&app, &export).await;
    app.segment("People", &csv(2..10)).await;
    let ended = run_that_loses(&app, &export, "tier").await;
    assert_eq!(ended["reason"]["code"], "customFieldRemoved", "{ended}");

    create(&app, "tier", "MultiSelectOne", &["Bronze", "Silver", "Gold"]).await;
    let healed = run(&app, &export).await;
    assert_eq!(healed["status"], "successful", "{healed}");
    run(&app, &export).await;
    assert_eq!(value(&app, 0, "tier").await, "Bronze", "{healed}");
    assert_eq!(value(&app, 5, "tier").await, "Gold");
}
