//! Removals whose answers are lost, or cannot be stored: nobody whom a run removed counts as removed by somebody else.

use serde_json::{Value, json};

use crate::approval::{approve, hash};
use crate::came_back::known;
use crate::leavers::{csv, export, leavers, no_brake, run, state};
use crate::support::{TestApp, good, until};

fn brings_back() -> Value {
    json!({"send": "changes", "leavers": {"action": "delete"}, "brake": no_brake(), "resubscribe": "ourRemovals"})
}

async fn ten_people(app: &TestApp) -> String {
    let export = export(app, "People", 0..10, &brings_back()).await;
    run(app, &export).await;
    export
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_removed_before_campaign_monitor_was_down_is_not_forgotten() {
    let extra = ["--stalls-max", "1", "--run-pause-ms", "10", "--call-tries", "1"];
    let app = TestApp::start_with(&extra).await;
    let export = ten_people(&app).await;
    app.segment("People", &csv(3..10)).await;
    let down = json!([{"skip": 1, "match": {"method": "DELETE"}, "kind": {"status": {"status": 503}}},
        {"skip": 40, "kind": {"status": {"status": 503}}}]);
    app.faults(&down).await;
    let failed = run(&app, &export).await;
    assert_eq!(
        (&failed["status"], &leavers(&failed)["deleted"]),
        (&json!("failed"), &json!(1)),
        "{failed}"
    );
    app.faults(&json!([])).await;

    app.segment("People", &csv(0..10)).await;
    let healed = run(&app, &export).await;
    assert_eq!(healed["counts"]["resubscribed"], 1, "{healed}");
    assert_eq!(app.active().await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_approved_run_removed_before_it_was_canceled_is_not_forgotten() {
    let app = TestApp::start_with(&["--run-pause-ms", "600000", "--call-tries", "1"]).await;
    let sync = json!({"send": "changes", "leavers": {"action": "delete"}, "resubscribe": "ourRemovals",
        "brake": {"removals": {"count": 3, "percent": 100}, "hold": "removals"}});
    let export = export(&app, "People", 0..10, &sync).await;
    run(&app, &export).await;
    app.segment("People", &csv(3..11)).await;
    let held = app.start_run(&export).await;
    app.run_when(&held, |run| run["status"] == "awaitingApproval").await;
    let down =
        json!([{"skip": 1, "match": {"method": "DELETE"}, "kind": {"status": {"status": 503}}}]);
    app.faults(&down).await;
    good(approve(&app, "ben@example.com", &held, &hash(&app, &held).await).await).await;
    app.run_when(&held, |run| run["status"] == "queued" && leavers(run)["deleted"] == 1).await;
    app.post(&format!("/runs/{held}/cancel"), &json!({})).await;
    assert_eq!(app.ended(&held).await["status"], "canceled");
    app.faults(&json!([])).await;

    app.segment("People", &csv(0..11)).await;
    let healed = run(&app, &export).await;
    assert_eq!(healed["counts"]["resubscribed"], 1, "{healed}");
    assert_eq!(app.active().await, 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_always_fails_ends_the_run_like_every_call_that_does() {
    let extra = ["--stalls-max", "2", "--run-pause-ms", "10", "--call-tries", "1"];
    let app = TestApp::start_with(&extra).await;
    let export = ten_people(&app).await;
    app.segment("People", &csv(3..10)).await;
    app.faults(&json!([{"match": {"method": "DELETE"}, "kind": {"status": {"status": 500}}}]))
        .await;
    let failed = run(&app, &export).await;
    assert_eq!(failed["status"], "failed", "{failed}");
    assert_eq!(app.active().await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_call_without_an_answer_deleted_counts_as_deleted_by_the_next_attempt() {
    let extra = ["--run-pause-ms", "10", "--call-tries", "1"];
    let app = TestApp::start_with(&extra).await;
    let export = ten_people(&app).await;
    app.segment("People", &csv(1..10)).await;
    let lost = json!([{"match": {"method": "DELETE"}, "times": 1, "kind": "dropAfter"}]);
    app.faults(&lost).await;
    let ended = run(&app, &export).await;
    assert_eq!(
        (&leavers(&ended)["deleted"], &leavers(&ended)["gone"]),
        (&json!(1), &json!(0)),
        "{ended}"
    );
    assert_eq!(known(&app, &export, 0).await, "deletedByUs");
    app.segment("People", &csv(0..10)).await;
    assert_eq!(run(&app, &export).await["counts"]["resubscribed"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_in_doubt_is_forgotten_by_an_attempt_that_comes_to_some_of_them_only() {
    let extra = ["--run-pause-ms", "10", "--call-tries", "1", "--stalls-max", "100"];
    let app = TestApp::start_with(&extra).await;
    let export = ten_people(&app).await;
    app.segment("People", &csv(5..10)).await;
    let lost = json!([{"match": {"method": "DELETE"}, "times": 5, "kind": "dropAfter"}]);
    app.faults(&lost).await;
    let ended = run(&app, &export).await;
    assert_eq!(
        (&leavers(&ended)["deleted"], &leavers(&ended)["gone"]),
        (&json!(5), &json!(0)),
        "{ended}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_call_without_an_answer_deleted_is_known_also_when_the_run_is_canceled_meanwhile() {
    let app = TestApp::start_with(&["--retry-pause-ms", "60000"]).await;
    let export = ten_people(&app).await;
    app.segment("People", &csv(1..10)).await;
    let lost = json!([{"match": {"method": "DELETE"}, "times": 1, "kind": "dropAfter"}]);
    app.faults(&lost).await;
    let started = app.start_run(&export).await;
    until(async || state(&app, 0).await == "Deleted").await;
    app.post(&format!("/runs/{started}/cancel"), &json!({})).await;
    let ended = app.ended(&started).await;
    assert_eq!(
        (&ended["status"], &leavers(&ended)["deleted"], &leavers(&ended)["remaining"]),
        (&json!("canceled"), &json!(1), &json!(0)),
        "{ended}"
    );
    assert_eq!(known(&app, &export, 0).await, "deletedByUs");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_a_segment_with_a_consent_that_cannot_be_read_has_not_left() {
    let app = TestApp::start().await;
    let export = ten_people(&app).await;
    let patch = app.request("Admin", reqwest::Method::PATCH, &format!("/exports/{export}"));
    let mapping = json!({"email": "Email", "consentToTrack": {"field": "City", "yes": ["Riga"]}});
    let patched = patch.json(&json!({"mapping": mapping})).send().await.unwrap();
    assert!(patched.status().is_success());
    run(&app, &export).await;
    app.segment(
        "People",
        &csv(0..10).replace("0,person0@example.com,Riga", "0,new0@example.com,???"),
    )
    .await;
    let ended = run(&app, &export).await;
    assert_eq!(
        (&ended["counts"]["invalid"], &leavers(&ended)["deleted"]),
        (&json!(1), &json!(0)),
        "{ended}"
    );
    assert_eq!(state(&app, 0).await, "Active");
}
