//! Refreshes, planned and reported, and running all.

use chrono::TimeDelta;
use reqwest::Method;
use segment_export::db;
use segment_export::upkeep::janitor;
use segment_export::upkeep::scheduler::fire_due;
use serde_json::{Value, json};

use super::{every_morning, idle, runs_of, send, set_schedule, time};
use crate::support::{TestApp, people, text};

/// The one run of an export, which must be skipped, and why.
async fn skipped(app: &TestApp, export: &str) -> String {
    let runs = runs_of(app, export).await;
    let [run] = runs.as_slice() else { panic!("{runs:?}") };
    assert_eq!(run["status"], "skipped", "{run}");
    assert!(run["endUtc"].is_string(), "{run}");
    assert_eq!(run["counts"]["remaining"], run["counts"]["selected"], "nothing was sent: {run}");
    assert_eq!(app.get(&format!("/exports/{export}")).await["lastRun"]["runId"], run["runId"]);
    text(&run["reason"], "code")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_cannot_run_is_skipped_with_the_reason() {
    let app = idle().await;
    app.segment("People", &people(3)).await;
    let (inactive, left, empty) =
        (app.connection().await, app.connection().await, app.pending_connection().await);
    let exports = [app.export(&inactive).await, app.export(&left).await, app.export(&empty).await];
    app.post(&format!("/exports/{}/detach", exports[0]), &json!({})).await;
    let user = format!("/connections/{left}/export-user");
    app.request("Admin", Method::DELETE, &user).send().await.unwrap();
    app.put(&format!("/connections/{empty}/export-user"), &json!({})).await;

    let refresh = app.post("/refreshes", &json!({"refreshId": "r1"})).await;

    assert_eq!(refresh["started"], json!([]));
    let reasons = ["noConnection", "exportUserMissing", "connectionNotConnected"];
    for ((export, reason), named) in
        exports.iter().zip(reasons).zip(refresh["skipped"].as_array().unwrap())
    {
        assert_eq!(skipped(&app, export).await, reason);
        assert_eq!(named["exportId"], export.as_str());
        assert_eq!(named["reason"]["code"], reason);
    }
    app.put(&user, &json!({})).await;
    let refresh = app.post("/refreshes", &json!({"refreshId": "r2"})).await;
    assert_eq!(refresh["started"][0]["exportId"], exports[1].as_str(), "it runs again");
}

/// “The export runs with every scheduled refresh.”
#[tokio::test(flavor = "multi_thread")]
async fn a_system_refresh_starts_every_active_export_that_follows_it() {
    let app = idle().await;
    app.segment("People", &people(3)).await;
    let mut exports = Vec::new();
    for schedule in [
        json!({"kind": "systemRefresh", "active": true}),
        json!({"kind": "systemRefresh", "active": false}),
        json!({"kind": "manual"}),
        every_morning(),
    ] {
        let export = app.export(&app.connection().await).await;
        set_schedule(&app, &export, &schedule).await;
        exports.push(export);
    }
    assert_eq!(app.get("/schedule").await["active"], false, "it is off by default");
    let weekly = json!({"active": true, "recurrence": "weekly", "weekdays": ["monday", "friday"],
        "timezone": "America/New_York", "times": ["06:00", "18:30"]});
    let schedule = app.put("/schedule", &weekly).await;
    let times: Vec<_> = schedule["nextRunsUtc"].as_array().unwrap().iter().map(time).collect();
    assert_eq!(times.len(), 5);
    assert!(times.is_sorted());
    let next = async |export: &str| {
        app.get(&format!("/exports/{export}")).await["schedule"]["nextRunsUtc"].clone()
    };
    assert_eq!(next(&exports[0]).await, schedule["nextRunsUtc"]);
    assert_eq!(next(&exports[1]).await, json!([]));
    assert_eq!(next(&exports[2]).await, json!([]));
    assert_eq!(next(&exports[3]).await.as_array().unwrap().len(), 5);

    set_schedule(
        &app,
        &exports[3],
        &json!({"kind": "custom", "active": false, "timezone": "UTC", "cron": ["0 6 * * *"]}),
    )
    .await;
    fire_due(&app.app(), times[0]).await.unwrap();

    let runs = runs_of(&app, &exports[0]).await;
    assert_eq!(runs.len(), 1);
    assert_eq!(time(&runs[0]["plannedUtc"]), times[0]);
    for export in &exports[1..] {
        assert!(runs_of(&app, export).await.is_empty());
    }
    let off =
        json!({"active": false, "recurrence": "daily", "timezone": "UTC", "times": ["06:00"]});
    assert_eq!(app.put("/schedule", &off).await["nextRunsUtc"], json!([]));
    app.post(&format!("/runs/{}/cancel", text(&runs[0], "runId")), &json!({})).await;
    fire_due(&app.app(), times[4]).await.unwrap();
    assert_eq!(runs_of(&app, &exports[0]).await.len(), 1, "it is switched off");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_is_reported_again_starts_nothing_and_answers_the_same() {
    let app = idle().await;
    let export = app.export_of(3).await;
    let report = json!({"refreshId": "2026-11-24T06:00"});
    let report = async || app.post("/refreshes", &report).await;

    let (one, other) = tokio::join!(report(), report());
    assert_eq!(one, other);
    assert_eq!(one["started"][0]["exportId"], export.as_str());
    let run = text(&one["started"][0], "runId");
    app.post(&format!("/runs/{run}/cancel"), &json!({})).await;
    janitor::remove_expired(&app.app(), db::now() + TimeDelta::days(399)).await.unwrap();
    assert_eq!(report().await, one);
    assert_eq!(runs_of(&app, &export).await.len(), 1);

    let another = app.post("/refreshes", &json!({"refreshId": "2026-11-24T12:00"})).await;
    assert_ne!(text(&another["started"][0], "runId"), run);
    assert_eq!(runs_of(&app, &export).await[0]["submissionKind"], "scheduled");
    let keyed = app.request("Admin", Method::POST, "/refreshes").header("Idempotency-Key", "k");
    let keyed = keyed.json(&json!({"refreshId": "2026-11-24T18:00"}));
    let (first, again) = (keyed.try_clone().unwrap(), keyed);
    first.send().await.unwrap().error_for_status().unwrap();
    let again = again.send().await.unwrap();
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    janitor::remove_expired(&app.app(), db::now() + TimeDelta::days(401)).await.unwrap();
    assert_ne!(report().await, one, "it is forgotten after its time");
}

#[tokio::test(flavor = "multi_thread")]
async fn run_all_runs_what_has_an_active_schedule_and_the_caller_may_run() {
    let app = idle().await;
    app.segment("People", &people(3)).await;
    let (own, shared) = (app.connection().await, app.connection().await);
    let sharing = json!({"allowedRoles": "adminsAndContributors"});
    let path = format!("/connections/{shared}");
    send(&app, "Admin", Method::PATCH, &path, &sharing).await.error_for_status().unwrap();
    let (of_admins, of_all) = (app.export(&own).await, app.export(&shared).await);
    let (manual, custom) = (app.export(&shared).await, app.export(&own).await);
    set_schedule(&app, &manual, &json!({"kind": "manual"})).await;
    set_schedule(&app, &custom, &every_morning()).await;
    let all = json!({"scope": "all"});

    let run = send(&app, "Contributor", Method::POST, "/runs", &all).await;
    assert_eq!(run.status(), 202);
    let run: Value = run.json().await.unwrap();
    assert_eq!(run["started"].as_array().unwrap().len(), 1);
    assert_eq!(run["started"][0]["exportId"], of_all.as_str());
    let run = app.post("/runs", &all).await;
    let started: Vec<_> =
        run["started"].as_array().unwrap().iter().map(|run| text(run, "exportId")).collect();
    assert_eq!(started, [of_admins.clone(), custom]);
    assert_eq!(run["skipped"][0]["exportId"], of_all.as_str());
    assert_eq!(run["skipped"][0]["reason"]["code"], "runAlreadyOpen");
    assert!(runs_of(&app, &manual).await.is_empty());
    let run = runs_of(&app, &of_admins).await[0].clone();
    assert_eq!(run["submissionKind"], "onDemand");
    assert_eq!(run["plannedUtc"], Value::Null);
}
