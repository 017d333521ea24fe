//! Where the time of a run went: whatever happens to a run, its phases add up to its time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::leavers::{csv, export, no_brake, run as run_to_end};
use crate::support::{TestApp, text};
use crate::{approval, support};

/// The timeline of a run, whose phases add up to its duration, and that to the time from its submission to its end.
async fn timeline(app: &TestApp, run: &str) -> BTreeMap<String, i64> {
    let shown = app.get(&format!("/runs/{run}/timeline")).await;
    let run = app.get(&format!("/runs/{run}")).await;
    let phases: BTreeMap<String, i64> = serde_json::from_value(shown["phases"].clone()).unwrap();
    let [begin, end] =
        ["submittedUtc", "endUtc"].map(|name| text(&run, name).parse::<DateTime<Utc>>().unwrap());
    let (sum, duration) = (phases.values().sum::<i64>(), (end - begin).num_milliseconds());
    assert!((sum - duration).abs() <= (duration / 50).max(2), "{duration} ms, but {shown}");
    assert_eq!(shown["untilUtc"], run["endUtc"]);
    assert!((shown["durationMs"].as_i64().unwrap() - duration).abs() <= 1, "{shown}");
    assert_eq!(phases.len(), 9, "{shown}");
    phases
}

async fn faults(app: &TestApp, kind: Value, times: Value) {
    app.faults(&json!([{"match": {"path": "import"}, "kind": kind, "times": times}])).await;
}

async fn ended(app: &TestApp, export: &str) -> String {
    text(&run_to_end(app, export).await, "runId")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_for_campaign_monitor_says_so_and_so_does_each_batch() {
    let app = TestApp::start().await;
    let export = app.export_of(4_000).await;
    faults(&app, json!({"latency": {"ms": 300}}), Value::Null).await;

    let run = ended(&app, &export).await;

    let phases = timeline(&app, &run).await;
    assert!(phases["uploading"] >= 250, "{phases:?}");
    assert_eq!(phases["throttled"], 0, "{phases:?}");
    let first = app.get(&format!("/runs/{run}/timeline?limit=3")).await;
    let batches = &first["batches"];
    assert_eq!(batches["items"].as_array().unwrap().len(), 3);
    let path = format!("/runs/{run}/timeline?cursor={}", text(batches, "nextCursor"));
    let rest = app.get(&path).await;
    let last = &rest["batches"]["items"][0];
    assert_eq!((&last["number"], &last["rows"]), (&json!(4), &json!(1_000)), "{rest}");
    let times = ["waitingForSlotMs", "throttledMs", "uploadingMs"];
    let sum: i64 = times.iter().map(|name| last[name].as_i64().unwrap()).sum();
    let duration = last["durationMs"].as_i64().unwrap();
    assert!((duration - sum).abs() <= duration / 50 + 3, "{last}");
    assert!(last["uploadingMs"].as_i64() >= Some(290) && last["startUtc"].is_string(), "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_for_which_campaign_monitor_asks_to_wait_is_throttled() {
    let app = TestApp::start().await;
    let export = app.export_of(10).await;
    let wait = json!({"status": {"status": 429, "retryAfterSeconds": 1}});
    faults(&app, wait, json!(1)).await;

    let run = ended(&app, &export).await;

    let phases = timeline(&app, &run).await;
    assert!(phases["throttled"] >= 900 && phases["uploading"] < 500, "{phases:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_between_two_attempts_is_queued() {
    let app = TestApp::start_with(&["--call-tries", "1"]).await;
    let export = app.export_of(2_000).await;
    let wait = json!({"status": {"status": 429, "retryAfterSeconds": 1}});
    faults(&app, wait, json!(1)).await;

    let run = ended(&app, &export).await;

    let phases = timeline(&app, &run).await;
    assert!(phases["queued"] >= 800, "{phases:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_for_an_approval_is_queued_until_somebody_decides() {
    let app = TestApp::start().await;
    let (_, run) = approval::held(&app, "removals").await;
    let waiting = app.get(&format!("/runs/{run}/timeline")).await;
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    let later = app.get(&format!("/runs/{run}/timeline")).await;
    let queued = |shown: &Value| shown["phases"]["queued"].as_i64().unwrap();
    assert!(queued(&later) - queued(&waiting) >= 390, "{later}");

    let hash = approval::hash(&app, &run).await;
    support::good(approval::approve(&app, "boss", &run, &hash).await).await;
    app.ended(&run).await;

    let phases = timeline(&app, &run).await;
    assert!(phases["queued"] >= 390, "{phases:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_about_people_who_leave_are_uploads_too() {
    let app = TestApp::start().await;
    let sync = json!({"leavers": {"action": "delete"}, "brake": no_brake()});
    let export = export(&app, "People", 0..20, &sync).await;
    run_to_end(&app, &export).await;
    app.segment("People", &csv(0..5)).await;
    let slow = json!([{"match": {"method": "DELETE"}, "kind": {"latency": {"ms": 200}}}]);
    app.faults(&slow).await;

    let run = ended(&app, &export).await;

    let phases = timeline(&app, &run).await;
    assert!(phases["uploading"] + phases["waitingForSlot"] >= 400, "{phases:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_the_list_back_is_verifying() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..20, &json!({"verify": "full"})).await;
    let slow =
        json!([{"match": {"path": "active", "method": "GET"}, "kind": {"latency": {"ms": 200}}}]);
    app.faults(&slow).await;

    let run = ended(&app, &export).await;

    let phases = timeline(&app, &run).await;
    assert!(phases["verifying"] >= 190, "{phases:?}");
    assert!(phases["preparing"] >= 190, "the list is counted before a run: {phases:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phases_of_a_run_that_fails_or_is_cancelled_add_up_too() {
    let app = TestApp::start().await;
    // More batches than are in flight, so that some are not on the list when all calls fail.
    let export = app.export_of(20_000).await;
    let slow = json!({"latency": {"ms": 500}});
    faults(&app, slow, Value::Null).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["status"] == "running").await;
    app.post(&format!("/runs/{run}/cancel"), &json!({})).await;
    assert_eq!(app.ended(&run).await["status"], "canceled");
    timeline(&app, &run).await;

    faults(&app, json!({"status": {"status": 500}}), Value::Null).await;
    let run = ended(&app, &export).await;
    assert_eq!(app.get(&format!("/runs/{run}")).await["status"], "failed");
    timeline(&app, &run).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_another_worker_takes_over_after_a_crash_keeps_its_sums() {
    let mut app = TestApp::start_with(&["--lease-ms", "600", "--uploads-in-flight", "2"]).await;
    let export = app.export_of(12_000).await;
    faults(&app, json!({"latency": {"ms": 200}}), Value::Null).await;
    app.stop_service().await;
    app.start_process().await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(3_000)).await;
    app.kill_process().await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    app.start_process().await;

    app.ended(&run).await;

    let phases = timeline(&app, &run).await;
    assert!(phases["uploading"] >= 1_000, "both workers count: {phases:?}");
    assert!(phases["queued"] >= 300, "nobody had it: {phases:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_never_began_was_queued_all_the_time() {
    let app = TestApp::start().await;
    let export = app.export_of(10).await;
    app.post("/instance/pause", &json!({"note": "Wait."})).await;
    let run = app.start_run(&export).await;
    app.post(&format!("/runs/{run}/cancel"), &json!({})).await;
    app.ended(&run).await;
    let phases = timeline(&app, &run).await;
    assert_eq!(phases["queued"], phases.values().sum::<i64>(), "{phases:?}");
}
