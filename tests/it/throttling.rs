//! A Campaign Monitor that asks to wait for long: whoever cancels a run or stops the service does not wait with it.

use chrono::{DateTime, TimeDelta, Utc};
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::support::{TestApp, text, until};

const PROFILES: usize = 20_000;
/// Profiles of the calls that are answered before all further ones are told to wait.
const SENT: usize = 3_000;

/// Calls of imports by the status they were answered with.
async fn imports(app: &TestApp) -> Value {
    app.sandbox_says("calls").await["calls"]["POST /subscribers/{id}/import"].clone()
}

/// A run that has been told to wait for ten minutes after its third batch.
async fn told_to_wait(app: &TestApp) -> String {
    let export = app.export_of(PROFILES).await;
    let wait = json!({"status": {"status": 429, "retryAfterSeconds": 600}});
    app.faults(&json!([{"match": {"path": "import"}, "kind": wait, "skip": 3}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"] == SENT).await;
    until(async || imports(app).await["429"].is_u64()).await;
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_for_as_long_as_campaign_monitor_asks_within_an_attempt_and_between_two() {
    for (tries, attempts) in [("4", 1), ("1", 2)] {
        let app = TestApp::start_with(&["--call-tries", tries]).await;
        let export = app.export_of(10).await;
        for header in ["retryAfterSeconds", "rateLimitResetSeconds"] {
            let wait = json!({"status": {"status": 429, (header): 2}});
            let once = json!([{"match": {"path": "import"}, "kind": wait, "times": 1}]);
            app.faults(&once).await;

            let run = app.ended(&app.start_run(&export).await).await;

            assert_eq!((&run["status"], &run["attempt"]), (&json!("successful"), &json!(attempts)));
            let [start, end] = ["startUtc", "endUtc"]
                .map(|name| text(&run, name).parse::<DateTime<Utc>>().unwrap());
            assert!(end - start >= TimeDelta::seconds(2), "{header}, {tries} tries: {run}");
        }
    }
}

/// What must be counted while nothing more has been sent.
fn counts() -> Value {
    json!({"selected": PROFILES, "created": SENT, "updated": 0, "unchanged": 0, "rejected": 0,
        "duplicate": 0, "invalid": 0, "inDoubt": 0, "remaining": PROFILES - SENT, "resubscribed": 0,
        "changedAddresses": 0,
        "leavers": {"found": 0, "flagged": 0, "deleted": 0, "unsubscribed": 0, "kept": 0, "gone": 0, "failed": 0,
            "remaining": 0}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_told_to_wait_is_cancelled_at_once_and_sends_nothing_more() {
    let app = TestApp::start().await;
    let run = told_to_wait(&app).await;

    app.post(&format!("/runs/{run}/cancel"), &json!({})).await;

    let run = app.ended(&run).await;
    assert_eq!((&run["status"], &run["counts"]), (&json!("canceled"), &counts()), "{run}");
    assert_eq!((app.active().await, imports(&app).await["201"].as_u64()), (3_000, Some(3)));
    let batches = app.get(&format!("/runs/{}/batches", text(&run, "runId"))).await;
    assert_eq!(batches["items"].as_array().unwrap().len(), 3, "of the others nothing became");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_told_to_wait_is_handed_back_at_once_when_the_process_stops() {
    let mut app = TestApp::start().await;
    let run = told_to_wait(&app).await;

    app.stop_service().await;

    app.set_extra(&["--roles", "api"]);
    app.start_service().await;
    let seen = app.get(&format!("/runs/{run}")).await;
    assert_eq!((&seen["status"], &seen["counts"]), (&json!("queued"), &counts()), "{seen}");
    app.faults(&json!([])).await;
    app.restart_with(&[]).await;
    let run = app.ended(&run).await;
    assert_eq!(
        (&run["status"], &run["counts"]["created"]),
        (&json!("successful"), &json!(PROFILES))
    );
    let calls = app.sandbox_says("calls").await;
    assert_eq!(calls["lists"][LIST_ID]["totalImported"], PROFILES, "nothing was sent twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_handed_back_while_it_waited_leaves_nobody_in_doubt() {
    let mut app = TestApp::start().await;
    let run = told_to_wait(&app).await;
    app.stop_service().await;
    app.set_extra(&["--roles", "api"]);
    app.start_service().await;

    let canceled = app.post(&format!("/runs/{run}/cancel"), &json!({})).await;

    assert_eq!((&canceled["status"], &canceled["counts"]), (&json!("canceled"), &counts()));
}
