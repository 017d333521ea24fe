//! Verifications beside later runs: what a run changes meanwhile is not confirmed.

use serde_json::{Value, json};

use crate::leavers::export;
use crate::support::{TestApp, good, text, until};

/// Asks for a full verification, which reads the list slowly, and returns once a worker does it.
async fn begin_slowly(app: &TestApp, run: &str, ms: i64) -> Value {
    let slow = json!([{"match": {"path": "active.json"}, "kind": {"latency": {"ms": ms}}}]);
    app.faults(&slow).await;
    let asked = good(app.verify(run, &json!({"level": "full"})).await).await;
    let path = format!("/runs/{run}/verifications");
    until(async || app.get(&path).await["items"][0]["status"] == "running").await;
    asked
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_a_later_one_has_followed_is_not_confirmed() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..10, &json!({})).await;
    let first = app.successful(&export).await;
    let asked = begin_slowly(&app, &first, 2000).await;
    app.start_run(&export).await;
    let ended = app.verified(&first).await;
    assert_eq!(ended["verificationId"], asked["verificationId"]);
    assert_eq!((&ended["status"], &ended["confirmed"]), (&json!("failed"), &Value::Null));
    assert!(text(&ended, "reason").contains("later run"), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_comes_after_a_run_of_another_export_that_changes_the_list() {
    let app = TestApp::start().await;
    let first = app.successful(&export(&app, "People", 0..10, &json!({})).await).await;
    let other = export(&app, "Others", 10..20, &json!({"verify": "counts"})).await;
    begin_slowly(&app, &first, 3000).await;
    app.successful(&other).await;
    app.faults(&json!([])).await;
    let ended = app.verified(&first).await;
    assert_eq!((&ended["status"], &ended["confirmed"]), (&json!("completed"), &json!(10)));
    assert_eq!(ended["strangers"], 10, "it was done after the other run: {ended}");
}
