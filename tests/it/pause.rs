//! An instance that an administrator pauses: nothing is sent for it until it is resumed, and nothing is lost.

use reqwest::Method;
use serde_json::{Value, json};

use crate::changes_doubt::in_database;
use crate::support::{TestApp, refused, text, until};

const NOTE: &str = "The shop sent wrong segments.";

async fn pause(app: &TestApp) -> Value {
    app.post("/instance/pause", &json!({"note": NOTE})).await
}

async fn import_calls(app: &TestApp) -> i64 {
    app.sandbox_says("calls").await["importCalls"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_is_sent_after_a_pause_and_the_run_goes_on_where_it_stopped() {
    let app = TestApp::start().await;
    let export = app.export_of(20_000).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 200}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(0)).await;

    let paused = pause(&app).await;
    assert_eq!(paused["pause"]["note"], NOTE);
    assert_eq!(app.get("/instance").await, paused);
    let waiting = app.run_when(&run, |run| run["reason"]["code"] == "paused").await;
    assert_eq!(waiting["status"], "queued");
    let (calls, remaining) = (import_calls(&app).await, &waiting["counts"]["remaining"]);
    assert!(remaining.as_i64() > Some(0), "{waiting}");
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    assert_eq!(import_calls(&app).await, calls, "something was sent for a paused instance");

    app.post("/instance/resume", &json!({})).await;
    let ended = app.ended(&run).await;
    assert_eq!(
        (&ended["status"], &ended["counts"]["created"]),
        (&json!("successful"), &json!(20_000))
    );
    assert_eq!(app.get("/instance").await["pause"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_start_meanwhile_wait_with_the_reason_and_can_be_cancelled() {
    let app = TestApp::start().await;
    let (export, other) = (app.export_of(10).await, app.export_of(20).await);
    pause(&app).await;
    let (run, canceled) = (app.start_run(&export).await, app.start_run(&other).await);
    let waiting = app.get(&format!("/runs/{run}")).await;
    assert_eq!(
        (&waiting["status"], &waiting["reason"]["code"]),
        (&json!("queued"), &json!("paused"))
    );
    app.post(&format!("/runs/{canceled}/cancel"), &json!({})).await;
    assert_eq!(app.ended(&canceled).await["status"], "canceled");
    assert_eq!(import_calls(&app).await, 0);
    app.post("/instance/resume", &json!({})).await;
    assert_eq!(app.ended(&run).await["status"], "successful");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_member_is_not_sent_either_while_the_instance_is_paused() {
    let app = TestApp::start().await;
    let export = app.export_of(10).await;
    pause(&app).await;
    let test = app.request("Admin", Method::POST, &format!("/exports/{export}/test"));
    let members = app.get("/segments/People/members?limit=1").await;
    let email = text(&members["items"][0], "Email");
    let answer = refused(test.json(&json!({"email": email})).send().await.unwrap(), 409).await;
    assert_eq!(answer["errorCode"], "instancePaused");
    assert!(text(&answer, "detail").contains(NOTE), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_says_who_paused_and_who_resumed_and_why() {
    let app = TestApp::start().await;
    pause(&app).await;
    app.post("/instance/resume", &json!({})).await;
    until(async || {
        let events = app.get("/audit-events?action=instance.resume").await;
        events["items"].as_array().is_some_and(|items| items.len() == 1)
    })
    .await;
    let events = app.get("/audit-events?action=instance.pause").await;
    assert_eq!(events["items"][0]["after"]["note"], NOTE);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_is_sent_once_another_worker_has_the_run() {
    let app = TestApp::start_with(&["--uploads-in-flight", "1"]).await;
    let export = app.export_of(20_000).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 300}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(0)).await;
    in_database(&app, "UPDATE runs SET fence = fence + 1").await;
    let calls = import_calls(&app).await;
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert!(import_calls(&app).await <= calls + 1, "only the one in flight");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_names_somebody_is_refused_wherever_it_would_stay() {
    let app = TestApp::start().await;
    let nothing = uuid::Uuid::now_v7();
    let [decline, acknowledge] =
        [format!("/runs/{nothing}/decline"), format!("/alerts/{nothing}/acknowledge")];
    for path in ["/instance/pause", &decline, &acknowledge] {
        let call = app.request("Admin", Method::POST, path);
        let call = call.json(&json!({"note": "Ask ann@example.com first."}));
        let problem = refused(call.send().await.unwrap(), 400).await;
        assert_eq!(problem["errors"][0]["pointer"], "/note", "{path}: {problem}");
    }
    assert_eq!(app.get("/instance").await["pause"], Value::Null);
}
