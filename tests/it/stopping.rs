//! A process that is told to stop, and told again.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, text, until};

/// What `/readyz` says of a part.
async fn is_ready(app: &TestApp, part: &str) -> Option<bool> {
    let answer = app.anonymous(Method::GET, "readyz").send().await.ok()?;
    let ready: Value = answer.json().await.ok()?;
    let part = ready["parts"].as_array()?.iter().find(|found| found["name"] == part)?;
    part["ready"].as_bool()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_a_process_that_waits_for_its_uploads_and_the_lease_does_the_rest() {
    let settings = ["--drain-ms", "3600000", "--lease-ms", "1000"];
    let mut app = TestApp::start_with(&settings).await;
    let export = app.export_of(1_500).await;
    app.stop_service().await;
    app.start_process().await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"hang": {}}}])).await;
    let run = app.start_run(&export).await;
    until(async || {
        let metrics = app.anonymous(Method::GET, "metrics").send().await.unwrap();
        metrics.text().await.unwrap().contains("segment_export_uploads_in_flight 2")
    })
    .await;
    assert_eq!(is_ready(&app, "process").await, Some(true));

    app.signal_process("TERM").await;
    until(async || is_ready(&app, "process").await == Some(false)).await;
    assert!(!app.process_has_ended(), "uploads are in flight, and there is an hour for them");
    app.signal_process("TERM").await;
    app.process_ends().await;

    app.faults(&json!([])).await;
    app.start_service().await;
    let run = app.ended(&run).await;
    assert_eq!((text(&run, "status"), app.active().await), ("successful".to_owned(), 1_500));
}
