//! Planned times that come, that were missed, and what stands in their way.

use chrono::TimeDelta;
use reqwest::Method;
use segment_export::exports::store_planned::{due, move_on, plan};
use segment_export::upkeep::replan::plan_anew;
use segment_export::upkeep::scheduler::fire_due;
use segment_export::{db, exports, sql};
use serde_json::json;

use super::{every_morning, id, idle, planned, runs_of, send, set_schedule, time};
use crate::support::{TestApp, refused, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_planned_time_starts_one_run_when_it_comes_and_the_next_one_is_planned() {
    let app = idle().await;
    let (export, first) = planned(&app).await;
    fire_due(&app.app(), first - TimeDelta::seconds(1)).await.unwrap();
    assert!(runs_of(&app, &export).await.is_empty(), "it is too early");

    fire_due(&app.app(), first).await.unwrap();
    fire_due(&app.app(), first).await.unwrap();

    let runs = runs_of(&app, &export).await;
    assert_eq!(runs.len(), 1, "{runs:?}");
    assert_eq!(runs[0]["status"], "queued");
    assert_eq!(runs[0]["submissionKind"], "scheduled");
    assert_eq!(runs[0]["submittedBy"], "Admin@example.com", "it acts as the export user");
    assert_eq!(time(&runs[0]["plannedUtc"]), first);
    assert_eq!(runs[0]["warnings"], json!([]), "it is not late");
    let events = app.get("/audit-events?action=export.startRun").await;
    assert_eq!(events["items"][0]["actor"]["subject"], "scheduler", "{events}");
    assert_eq!(events["items"][0]["after"]["submittedBy"], "Admin@example.com", "{events}");
    app.post(&format!("/runs/{}/cancel", text(&runs[0], "runId")), &json!({})).await;
    fire_due(&app.app(), first + TimeDelta::days(1)).await.unwrap();
    assert_eq!(runs_of(&app, &export).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_schedulers_one_fires_a_time() {
    let app = idle().await;
    let (export, first) = planned(&app).await;
    let daily =
        json!({"active": true, "recurrence": "daily", "timezone": "UTC", "times": ["00:00"]});
    let schedule = app.put("/schedule", &daily).await;
    let follower = app.export(&app.connection().await).await;
    let now = first.max(time(&schedule["nextRunsUtc"][0]));
    let schedulers = [app.open().await, app.open().await, app.open().await];

    let fired = schedulers
        .iter()
        .flat_map(|scheduler| (0..4).map(|_| async { fire_due(scheduler, now).await.unwrap() }));
    futures::future::join_all(fired).await;

    assert_eq!(runs_of(&app, &export).await.len(), 1);
    assert_eq!(runs_of(&app, &follower).await.len(), 1);
    let events = app.get("/audit-events?action=instance.startRefresh").await;
    assert_eq!(events["items"].as_array().unwrap().len(), 1, "{events}");
    assert_eq!(events["items"][0]["actor"]["subject"], "scheduler", "{events}");
    assert_eq!(events["items"][0]["after"]["started"], 1, "{events}");
    for scheduler in schedulers {
        scheduler.db.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_the_time_and_its_run_loses_neither() {
    let app = idle().await;
    let (export, first) = planned(&app).await;
    let db = app.app().db.clone();

    let mut tx = db.write().await.unwrap();
    let stored = exports::store::get(&mut tx, app.instance, id(&export)).await.unwrap().unwrap();
    let next = stored.schedule.next(first);
    assert!(move_on(&mut tx, &stored, next).await.unwrap());
    drop(tx);

    fire_due(&app.app(), first).await.unwrap();
    assert_eq!(runs_of(&app, &export).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn times_missed_while_the_service_was_down_run_once_and_late_and_say_so() {
    let mut app = TestApp::start_with(&["--schedule-ms", "20"]).await;
    let (export, _) = planned(&app).await;
    let missed = db::now() - TimeDelta::days(3);
    let db = app.app().db.clone();
    app.stop_service().await;
    assert!(db.read().await.is_err(), "the service is down");
    let down = app.open().await;
    let mut tx = down.db.write().await.unwrap();
    plan(&mut tx, id(&export), Some(missed)).await.unwrap();
    tx.commit().await.unwrap();
    down.db.close().await;

    app.start_service().await;

    let run = app.first_run(&export).await;
    let run = app.ended(&text(&run, "runId")).await;
    assert_eq!(run["status"], "successful", "{run}");
    assert_eq!(time(&run["plannedUtc"]), missed);
    assert_eq!(run["warnings"][0]["code"], "late", "{run}");
    assert_eq!(app.active().await, 3);
    let mut tx = app.app().db.read().await.unwrap();
    let due = due(&mut tx, db::now(), None, 10).await.unwrap();
    assert!(due.is_empty(), "three days are made up for by one run");
    assert_eq!(runs_of(&app, &export).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn planned_times_that_pass_without_a_scheduler_are_measured_by_the_other_parts() {
    let mut app = TestApp::start_with(&["--roles", "api,worker"]).await;
    let (export, _) = planned(&app).await;
    let mut tx = app.app().db.write().await.unwrap();
    plan(&mut tx, id(&export), Some(db::now() - TimeDelta::minutes(10))).await.unwrap();
    tx.commit().await.unwrap();
    app.stop_service().await;
    app.start_process().await;

    let metrics = app.anonymous(Method::GET, "metrics").send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    let name = "segment_export_oldest_planned_overdue_seconds ";
    let overdue = metrics.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    assert!((600.0..900.0).contains(&overdue.parse().unwrap()), "{overdue}");
    app.kill_process().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_still_runs_when_it_is_due_gets_a_skipped_run() {
    let app = idle().await;
    let (export, first) = planned(&app).await;
    let open = app.start_run(&export).await;

    fire_due(&app.app(), first).await.unwrap();

    let runs = runs_of(&app, &export).await;
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0]["status"], "skipped");
    assert_eq!(runs[0]["reason"]["code"], "runAlreadyOpen");
    assert_eq!(runs[0]["submissionKind"], "scheduled");
    let last = app.get(&format!("/exports/{export}")).await["lastRun"].clone();
    assert_eq!(last["runId"], open.as_str(), "what still runs is shown");
    let path = format!("/exports/{export}/runs");
    let again = send(&app, "Admin", Method::POST, &path, &json!({})).await;
    assert_eq!(refused(again, 409).await["runId"], open.as_str());
    let events = app.get("/audit-events?action=export.startRun&actor=scheduler").await;
    let skipped = &events["items"][0];
    assert_eq!(skipped["actor"]["subject"], "scheduler", "{events}");
    assert_eq!(skipped["after"]["runId"], runs[0]["runId"], "{events}");
    assert_eq!(skipped["after"]["status"], "skipped", "{events}");
    assert_eq!(skipped["after"]["reason"]["code"], "runAlreadyOpen", "{events}");
    app.post(&format!("/runs/{open}/cancel"), &json!({})).await;
    let last = app.get(&format!("/exports/{export}")).await["lastRun"].clone();
    assert_eq!(last["status"], "skipped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_whose_credentials_are_refused_skips_its_scheduled_runs() {
    let app = TestApp::start().await;
    let (export, first) = planned(&app).await;
    let refusal = json!({"status": {"status": 401, "code": 100}});
    app.faults(&json!([{"match": {"path": "import"}, "kind": refusal}])).await;
    app.ended(&app.start_run(&export).await).await;

    fire_due(&app.app(), first).await.unwrap();

    let runs = runs_of(&app, &export).await;
    assert_eq!(runs[0]["status"], "skipped");
    assert_eq!(runs[0]["reason"]["code"], "credentialsRefused");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_with_one_export_holds_up_no_other() {
    let app = idle().await;
    let (broken, first) = planned(&app).await;
    let good = app.export(&app.connection().await).await;
    set_schedule(&app, &good, &every_morning()).await;
    let mut tx = app.app().db.write().await.unwrap();
    sql!(&mut tx, |db| {
        sqlx::query("UPDATE exports SET mapping = $2 WHERE id = $1")
            .bind(id(&broken))
            .bind(sqlx::types::Json(json!({"no": "mapping"})))
            .execute(db)
            .await
            .map(drop)
    })
    .unwrap();
    tx.commit().await.unwrap();

    fire_due(&app.app(), first).await.unwrap();

    assert_eq!(runs_of(&app, &good).await.len(), 1);
    assert!(runs_of(&app, &broken).await.is_empty());
    let mut tx = app.app().db.read().await.unwrap();
    let due = due(&mut tx, first, None, 10).await.unwrap();
    assert_eq!(due, [(app.instance, id(&broken))], "its time is not lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_has_come_survives_changes_of_anything_but_the_schedule() {
    let app = idle().await;
    let (export, first) = planned(&app).await;
    let missed = first - TimeDelta::days(2);
    let mut tx = app.app().db.write().await.unwrap();
    plan(&mut tx, id(&export), Some(missed)).await.unwrap();
    tx.commit().await.unwrap();
    let path = format!("/exports/{export}");

    let rename = json!({"displayName": "Another name", "schedule": every_morning()});
    send(&app, "Admin", Method::PATCH, &path, &rename).await.error_for_status().unwrap();
    fire_due(&app.app(), db::now()).await.unwrap();
    let runs = runs_of(&app, &export).await;
    assert_eq!(time(&runs[0]["plannedUtc"]), missed);
    app.post(&format!("/runs/{}/cancel", text(&runs[0], "runId")), &json!({})).await;

    set_schedule(&app, &export, &json!({"kind": "manual"})).await;
    fire_due(&app.app(), first + TimeDelta::days(9)).await.unwrap();
    assert_eq!(runs_of(&app, &export).await.len(), 1, "nothing is planned any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_was_planned_while_a_clock_was_ahead_is_planned_anew_when_it_is_right() {
    let app = idle().await;
    let (export, first) = planned(&app).await;
    let daily = json!({"active": true, "recurrence": "daily", "timezone": "Europe/Riga", "times": ["06:00"]});
    app.put("/schedule", &daily).await;
    let shown = async || {
        let export = app.get(&format!("/exports/{export}")).await;
        let refresh = app.get("/schedule").await;
        [time(&export["schedule"]["nextRunsUtc"][0]), time(&refresh["nextRunsUtc"][0])]
    };
    assert_eq!(shown().await, [first; 2]);

    let ahead = first + TimeDelta::days(10);
    fire_due(&app.app(), ahead).await.unwrap();
    let stored = shown().await;
    assert!(stored.iter().all(|next| *next > ahead), "what is stored is shown: {stored:?}");

    plan_anew(&app.app(), first - TimeDelta::hours(1)).await.unwrap();
    assert_eq!(shown().await, [first; 2]);
    plan_anew(&app.app(), first - TimeDelta::hours(1)).await.unwrap();
    assert_eq!(shown().await, [first; 2], "and stays");
}
