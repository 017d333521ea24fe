//! Alerts that come with time alone, and those that compare a run with earlier ones.

use chrono::TimeDelta;
use segment_export::upkeep::notifier::check_clock;
use segment_export::{db, sql};
use serde_json::{Value, json};

use super::receiver::Receiver;
use super::{alerts, broken_run, channel, start};
use crate::changes_doubt::in_database;
use crate::support::{TestApp, people, text, until};

/// A service without a scheduler, as if it had died: workers live.
async fn without_scheduler() -> TestApp {
    TestApp::start_with(&["--channels-allow-private", "--alerts-ms=50", "--roles", "api,worker"])
        .await
}

/// An export with a schedule, and its next planned time.
async fn planned(app: &TestApp) -> (String, db::Time) {
    let export = app.export_of(1).await;
    let daily = json!({"kind": "custom", "active": true, "timezone": "UTC", "cron": ["0 6 * * *"]});
    let set = app.put(&format!("/exports/{export}/schedule"), &daily).await;
    let times = set.get("schedule").unwrap_or(&set)["nextRunsUtc"].clone();
    (export, times[0].as_str().unwrap().parse().unwrap())
}

/// A message that was written at a time to come is due now.
async fn make_due(app: &TestApp) {
    in_database(app, "UPDATE deliveries SET next_utc = (SELECT MIN(created_utc) FROM channels)")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planned_run_that_no_scheduler_starts_is_late_until_it_begins() {
    let (app, receiver) = (without_scheduler().await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    let (export, planned) = planned(&app).await;
    check_clock(&app.app(), planned + TimeDelta::minutes(50)).await.unwrap();
    assert!(alerts(&app).await.is_empty(), "an hour is the limit");
    check_clock(&app.app(), planned + TimeDelta::minutes(62)).await.unwrap();
    let open = &alerts(&app).await[0];
    assert_eq!((&open["kind"], &open["exportId"]), (&json!("runLate"), &json!(export)));
    assert_eq!(open["reason"]["culprit"], "system");
    check_clock(&app.app(), planned + TimeDelta::minutes(70)).await.unwrap();
    make_due(&app).await;
    receiver.once(1).await;

    in_database(&app, "UPDATE exports SET next_planned_utc = NULL").await;
    check_clock(&app.app(), planned + TimeDelta::minutes(71)).await.unwrap();
    make_due(&app).await;
    receiver.once(2).await;
    assert_eq!(receiver.types(), ["alert.opened", "alert.resolved"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_no_scheduler_starts_is_late_for_each_export_that_follows_it() {
    let app = without_scheduler().await;
    let export = app.export_of(1).await;
    let daily =
        json!({"active": true, "recurrence": "daily", "timezone": "UTC", "times": ["06:00"]});
    app.put("/schedule", &daily).await;
    check_clock(&app.app(), db::now() + TimeDelta::hours(30)).await.unwrap();
    let all = alerts(&app).await;
    assert_eq!((all.len(), &all[0]["exportId"]), (1, &json!(export)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_instance_is_never_late() {
    let app = without_scheduler().await;
    let (_, planned) = planned(&app).await;
    app.post("/instance/pause", &json!({"note": "A test."})).await;
    check_clock(&app.app(), planned + TimeDelta::hours(3)).await.unwrap();
    assert!(alerts(&app).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_ends_the_alert_about_a_late_run_and_says_that_it_did() {
    let (app, receiver) = (without_scheduler().await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    let (_, planned) = planned(&app).await;
    let late = planned + TimeDelta::hours(2);
    check_clock(&app.app(), late).await.unwrap();
    app.post("/instance/pause", &json!({"note": "A test."})).await;
    check_clock(&app.app(), late).await.unwrap();
    assert_eq!(alerts(&app).await[0]["status"], "resolved");
    make_due(&app).await;
    let last = receiver.once(2).await[1].body();
    let words = ["title", "message"].map(|name| text(&last["data"], name));
    assert!(words[0].starts_with("No longer watched: "), "{last}");
    assert!(words[1].starts_with("The instance is paused"), "{last}");
    app.post("/instance/resume", &json!({})).await;
    check_clock(&app.app(), late).await.unwrap();
    assert_eq!(alerts(&app).await[0]["status"], "open", "it is late again");
}

/// The export was planned so many hours ago.
async fn plan_hours_ago(app: &TestApp, hours: i64) {
    let (shared, time) = (app.app(), db::now() - TimeDelta::hours(hours));
    let mut tx = shared.db.write().await.unwrap();
    let plan = "UPDATE exports SET next_planned_utc = $1";
    sql!(&mut tx, |db| sqlx::query(plan).bind(time).execute(db).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_with_the_api_alone_notices_that_nothing_else_lives_and_tells_people() {
    let api = ["--channels-allow-private", "--alerts-ms=50", "--roles", "api"];
    let (mut app, receiver) = (TestApp::start_with(&api).await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    planned(&app).await;
    plan_hours_ago(&app, 2).await;
    app.restart_with(&api).await;
    let body = receiver.once(1).await[0].body();
    assert_eq!((&body["type"], &body["data"]["kind"]), (&json!("alert.opened"), &json!("runLate")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_out_of_date_until_a_run_brings_newer_data() {
    let (app, receiver) = (start().await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    let export = app.export_of(1).await;
    app.put("/alert-rules", &json!({"rules": [{"kind": "notFresh", "hours": 2}]})).await;
    app.ended(&app.start_run(&export).await).await;
    let later = db::now() + TimeDelta::hours(3);
    check_clock(&app.app(), later).await.unwrap();
    let open = &alerts(&app).await[0];
    assert_eq!((&open["kind"], &open["exportId"]), (&json!("notFresh"), &json!(export)));
    // A run alone brings nothing newer: the segment must be refreshed.
    app.ended(&app.start_run(&export).await).await;
    in_database(&app, "UPDATE segments SET refreshed_utc = created_utc").await;
    check_clock(&app.app(), later).await.unwrap();
    assert_eq!(alerts(&app).await[0]["status"], "open");
    make_due(&app).await;
    receiver.once(1).await;
    in_database(&app, "UPDATE segments SET refreshed_utc = updated_utc").await;
    check_clock(&app.app(), db::now()).await.unwrap();
    receiver.once(2).await;
    assert_eq!(receiver.types(), ["alert.opened", "alert.resolved"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_alert_is_reminded_of_until_somebody_acknowledges_it() {
    let (app, receiver) = (start().await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    app.put("/alert-rules", &json!({"rules": [{"kind": "runFailed", "remindHours": 24}]})).await;
    broken_run(&app, &app.export_of(1).await).await;
    receiver.once(1).await;
    let now = db::now();
    check_clock(&app.app(), now + TimeDelta::hours(23)).await.unwrap();
    check_clock(&app.app(), now + TimeDelta::hours(25)).await.unwrap();
    check_clock(&app.app(), now + TimeDelta::hours(26)).await.unwrap();
    // Messages are due when they are written: at a time that has not come.
    make_due(&app).await;
    receiver.once(2).await;
    assert_eq!(receiver.types(), ["alert.opened", "alert.reminded"]);
    let message = receiver.received()[1].body();
    assert!(text(&message["data"], "title").starts_with("Still open: "), "{message}");
    let id = text(&alerts(&app).await[0], "alertId");
    app.post(&format!("/alerts/{id}/acknowledge"), &json!({})).await;
    check_clock(&app.app(), now + TimeDelta::hours(80)).await.unwrap();
    assert_eq!(alerts(&app).await[0]["remindUtc"], Value::Null);
    let deliveries = app.get("/audit-events?action=alert.acknowledge").await;
    assert_eq!(deliveries["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_profiles_far_from_what_is_usual_opens_an_alert() {
    let (app, receiver) = (start().await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    app.put("/alert-rules", &json!({"rules": [{"kind": "countDeviates", "percent": 50}]})).await;
    let export = app.export_of(10).await;
    for _ in 0..5 {
        app.ended(&app.start_run(&export).await).await;
    }
    app.segment("People", &people(4)).await;
    app.ended(&app.start_run(&export).await).await;
    let body = receiver.once(1).await[0].body();
    assert_eq!(body["data"]["kind"], "countDeviates", "{body}");
    let words = text(&body["data"], "message");
    assert!(words.starts_with("The run selected 4 profiles; 10 are usual"), "{words}");
    app.segment("People", &people(11)).await;
    app.ended(&app.start_run(&export).await).await;
    receiver.once(2).await;
    assert_eq!(receiver.types(), ["alert.opened", "alert.resolved"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_takes_much_longer_than_usual_opens_an_alert_while_it_is_active() {
    let (app, receiver) = (start().await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    app.put("/alert-rules", &json!({"rules": [{"kind": "runSlow"}]})).await;
    let export = app.export_of(1).await;
    for _ in 0..5 {
        app.ended(&app.start_run(&export).await).await;
    }
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 2000}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["status"] == "running").await;
    check_clock(&app.app(), db::now() + TimeDelta::minutes(10)).await.unwrap();
    let open = &alerts(&app).await[0];
    assert_eq!((&open["kind"], &open["runId"]), (&json!("runSlow"), &json!(run)));
    app.ended(&run).await;
    until(async || alerts(&app).await[0]["status"] == "resolved").await;
    make_due(&app).await;
    receiver.once(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_alerts_of_an_export_that_is_removed_end_with_a_message() {
    let (app, receiver) = (start().await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    let export = app.export_of(1).await;
    broken_run(&app, &export).await;
    receiver.once(1).await;
    let remove = app.request("Admin", reqwest::Method::DELETE, &format!("/exports/{export}"));
    assert_eq!(remove.send().await.unwrap().status(), 204);
    check_clock(&app.app(), db::now()).await.unwrap();
    assert_eq!(alerts(&app).await[0]["status"], "resolved");
    let last = receiver.once(2).await[1].body();
    assert_eq!(last["type"], "alert.resolved");
    assert!(text(&last["data"], "title").starts_with("No longer watched: "), "{last}");
    assert_eq!(last["data"]["message"], "The export was removed, so there is nothing to do.");
    check_clock(&app.app(), db::now()).await.unwrap();
    assert_eq!(receiver.received().len(), 2, "once");
}
