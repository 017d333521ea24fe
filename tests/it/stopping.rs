//! A process that is told to stop, and told again.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::support::{TestApp, text, until};

/// What `/readyz` says of a part.
async fn is_ready(app: &TestApp, part: &str) -> Option<bool> {
    let answer = app.anonymous(Method::GET, "readyz").send().await.ok()?;
    let ready: Value = answer.json().await.ok()?;
    let part = ready["parts"].as_array()?.iter().find(|found| found["name"] == part)?;
    part["ready"].as_bool()
}

/// A process of its own, with a run whose two uploads hang.
async fn hanging(drain_ms: &str) -> (TestApp, String) {
    let mut app = TestApp::start_with(&["--drain-ms", drain_ms, "--lease-ms", "1000"]).await;
    let export = app.export_of(1_500).await;
    app.stop_service().await;
    app.start_process().await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"hang": {}}}])).await;
    let run = app.start_run(&export).await;
    until(async || app.sandbox_says("calls").await["importsNow"] == 2).await;
    (app, run)
}

/// Campaign Monitor works again: another process sends everything, once.
async fn is_sent_by_another(app: &mut TestApp, run: &str) {
    app.faults(&json!([])).await;
    app.start_service().await;
    let run = app.ended(run).await;
    assert_eq!((text(&run, "status"), app.active().await), ("successful".to_owned(), 1_500));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_a_process_that_waits_for_its_uploads_and_the_lease_does_the_rest() {
    let (mut app, run) = hanging("3600000").await;
    let metrics = app.anonymous(Method::GET, "metrics").send().await.unwrap();
    assert!(metrics.text().await.unwrap().contains("segment_export_uploads_in_flight 2"));
    assert_eq!(is_ready(&app, "process").await, Some(true));

    app.signal_process("TERM").await;
    until(async || is_ready(&app, "process").await == Some(false)).await;
    assert!(!app.process_has_ended(), "uploads are in flight, and there is an hour for them");
    app.signal_process("TERM").await;
    app.process_ends().await;
    is_sent_by_another(&mut app, &run).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_told_to_stop_in_the_middle_of_a_run_hands_it_back_and_nothing_is_sent_twice()
 {
    let mut app = TestApp::start().await;
    let export = app.export_of(20_000).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 60}}}])).await;
    app.stop_service().await;
    app.start_process().await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(2_000)).await;

    app.signal_process("TERM").await;
    app.process_ends().await;

    app.set_extra(&["--roles", "api"]);
    app.start_service().await;
    assert_eq!(app.get(&format!("/runs/{run}")).await["status"], "queued");
    app.restart_with(&[]).await;
    let run = app.ended(&run).await;
    assert_eq!((&run["status"], &run["counts"]["created"]), (&json!("successful"), &json!(20_000)));
    let calls = app.sandbox_says("calls").await;
    assert_eq!(calls["lists"][LIST_ID]["totalImported"], 20_000, "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_uploads_do_not_finish_in_time_ends_all_the_same() {
    let (mut app, run) = hanging("500").await;
    app.signal_process("TERM").await;
    app.process_ends().await;
    is_sent_by_another(&mut app, &run).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_the_owner_of_an_embedded_database_resumes_its_runs_at_once() {
    let database = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/it.db", database.path().display());
    let mut app = TestApp::start_on(&url, &["--lease-ms", "600000"]).await;
    let export = app.export_of(20_000).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 60}}}])).await;
    app.stop_service().await;
    app.start_process().await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(2_000)).await;
    app.kill_process().await;

    app.start_process().await;
    let run = app.ended(&run).await;
    assert_eq!((&run["status"], app.active().await), (&json!("successful"), 20_000), "{run}");
    app.kill_process().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_an_embedded_database_is_refused_in_words() {
    let database = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/it.db", database.path().display());
    let mut app = TestApp::start_on(&url, &[]).await;
    app.stop_service().await;
    app.start_process().await;

    let (succeeds, said) = app.command(&["serve"], &[]).await;
    assert!(!succeeds && said.contains("an embedded one is for one process"), "{said}");
    let (succeeds, said) = app.command(&["keys", "status"], &[]).await;
    assert!(succeeds, "what runs beside a service still does: {said}");
    app.kill_process().await;
}
