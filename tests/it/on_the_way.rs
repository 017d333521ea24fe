//! A proxy, firewall or portal between the service and Campaign Monitor that answers in its place.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::support::{TestApp, refused, text};

/// It answers calls whose path has this part with a page of its own: so often, or for ever.
async fn answers(app: &TestApp, status: u16, path: &str, times: Option<u32>) {
    let page = json!({"status": {"status": status, "html": true}});
    let mut rule = json!({"match": {"path": path}, "kind": page});
    if let Some(times) = times {
        rule["times"] = json!(times);
    }
    // Whoever is read and found as sent needs no second call.
    app.faults_unread(&json!([rule])).await;
}

/// How a run ends that meets such an answer once, and how many calls its only batch took.
async fn ends(app: &TestApp, export: &str, status: u16) -> (Value, Value) {
    answers(app, status, "import", Some(1)).await;
    let run = app.ended(&app.start_run(export).await).await;
    let batches = app.get(&format!("/runs/{}/batches", text(&run, "runId"))).await;
    (run["status"].clone(), batches["items"][0]["attempts"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_answer_of_something_on_the_way_ends_no_run() {
    let app = TestApp::start().await;
    let export = app.export_of(1_000).await;
    for status in [302, 401, 403, 404] {
        assert_eq!(ends(&app, &export, status).await, (json!("successful"), json!(2)), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_for_something_on_the_way_is_sent_in_halves() {
    let app = TestApp::start_with(&["--call-tries", "1"]).await;
    let export = app.export_of(1_000).await;
    assert_eq!(ends(&app, &export, 413).await, (json!("successful"), json!(3)));
    assert_eq!(app.active().await, 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_never_gets_past_something_on_the_way_says_so_and_blames_neither_list_nor_key() {
    let app = TestApp::start_with(&["--call-tries", "1", "--stalls-max", "1"]).await;
    let export = app.export_of(3).await;
    for path in ["import", "customfields"] {
        for status in [302, 401, 403, 404, 413] {
            answers(&app, status, path, None).await;

            let run = app.ended(&app.start_run(&export).await).await;

            let reason = &run["reason"];
            assert_eq!(run["status"], "failed", "{run}");
            assert_eq!(reason["code"], "destinationUnavailable", "{run}");
            assert_eq!(reason["culprit"], "external", "{run}");
            let words =
                format!("something on the way to Campaign Monitor answered with status {status}");
            assert!(text(reason, "message").contains(&words), "{reason}");
        }
    }
    app.faults(&json!([])).await;
    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!((&run["status"], &run["attempt"]), (&json!("successful"), &json!(1)), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_put_aside_for_something_on_the_way_goes_on_by_itself() {
    let app = TestApp::start_with(&["--call-tries", "1"]).await;
    let export = app.export_of(3).await;
    answers(&app, 403, "import", Some(1)).await;
    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!((&run["status"], &run["attempt"]), (&json!("successful"), &json!(2)), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_not_unknown_because_something_on_the_way_says_404() {
    let app = TestApp::start().await;
    let path = format!("/connections/{}/lists/{LIST_ID}", app.connection().await);
    answers(&app, 404, "lists", None).await;
    let answer = app.request("Admin", Method::GET, &path).send().await.unwrap();
    let problem = refused(answer, 503).await;
    assert_eq!(problem["errorCode"], "destinationUnavailable");
    assert!(text(&problem, "detail").contains("something on the way"), "{problem}");
}
