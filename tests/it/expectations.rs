//! Expected and actual: every planned time with what came of it, and how old the data on a list is.

use chrono::{NaiveTime, TimeDelta};
use reqwest::Method;
use segment_export::upkeep::janitor::remove_expired;
use segment_export::upkeep::notifier::{check_clock, measure_month};
use segment_export::upkeep::scheduler::fire_due;
use segment_export::{db, sql};
use serde_json::{Value, json};

use crate::support::{TestApp, people, refused, text, until};

/// Without a scheduler: the test plays it when it wants to.
async fn start() -> TestApp {
    TestApp::start_with(&["--roles", "api,worker"]).await
}

/// An export that is planned for six o'clock of every day.
async fn daily(app: &TestApp) -> String {
    let export = app.export_of(1).await;
    let daily = json!({"kind": "custom", "active": true, "timezone": "UTC", "cron": ["0 6 * * *"]});
    app.put(&format!("/exports/{export}/schedule"), &daily).await;
    export
}

/// Six o'clock, so many days ago.
fn six(days: i64) -> db::Time {
    let six = NaiveTime::from_hms_opt(6, 0, 0).unwrap();
    (db::now() - TimeDelta::days(days)).date_naive().and_time(six).and_utc()
}

/// As if the scheduler had died before this time.
async fn plan_at(app: &TestApp, table: &str, time: db::Time) {
    let app = app.app();
    let mut tx = app.db.write().await.unwrap();
    let statement = match table {
        "exports" => "UPDATE exports SET next_planned_utc = $1",
        _ => "UPDATE refresh_schedules SET next_planned_utc = $1",
    };
    sql!(&mut tx, |db| sqlx::query(statement).bind(time).execute(db).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

async fn expectations(app: &TestApp, export: &str) -> Vec<Value> {
    let listed = app.get(&format!("/exports/{export}/expectations")).await;
    listed["items"].as_array().unwrap().clone()
}

fn words(items: &[Value], member: &str) -> Vec<String> {
    items.iter().map(|item| item[member].as_str().unwrap_or("-").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planned_time_is_due_until_a_run_begins_and_then_has_its_delay() {
    let app = start().await;
    let export = daily(&app).await;
    let planned = db::now() - TimeDelta::minutes(5);
    plan_at(&app, "exports", planned).await;
    assert!(expectations(&app, &export).await.is_empty(), "nobody has noted it");
    check_clock(&app.app(), db::now()).await.unwrap();
    check_clock(&app.app(), db::now()).await.unwrap();
    let due = expectations(&app, &export).await;
    assert_eq!((words(&due, "status"), &due[0]["runId"]), (vec!["due".to_owned()], &Value::Null));
    assert!((300..400).contains(&due[0]["delaySeconds"].as_i64().unwrap()), "{due:?}");

    fire_due(&app.app(), db::now()).await.unwrap();
    let run = app.first_run(&export).await;
    let ended = app.ended(&text(&run, "runId")).await;
    let answered = &expectations(&app, &export).await;
    assert_eq!((answered.len(), &answered[0]["runId"]), (1, &ended["runId"]));
    assert_eq!(answered[0]["plannedUtc"], ended["plannedUtc"]);
    assert_eq!(words(answered, "status"), ["answered"]);
    assert_eq!(words(answered, "runStatus"), ["successful"]);
    assert!((300..400).contains(&answered[0]["delaySeconds"].as_i64().unwrap()), "{answered:?}");
    let shown = app.get(&format!("/exports/{export}")).await;
    assert_eq!(shown["lastPlanned"], answered[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_run_makes_up_for_several_times_and_says_that_the_others_were_missed() {
    let app = start().await;
    let export = daily(&app).await;
    plan_at(&app, "exports", six(3)).await;
    // The worker lives and notes what passes; then a scheduler lives again.
    check_clock(&app.app(), db::now()).await.unwrap();
    fire_due(&app.app(), db::now()).await.unwrap();
    app.ended(&text(&app.first_run(&export).await, "runId")).await;
    let mut found = expectations(&app, &export).await;
    let oldest = found.pop().unwrap();
    assert_eq!((&oldest["status"], &oldest["plannedUtc"]), (&json!("answered"), &json!(six(3))));
    assert!(found.len() >= 2, "{found:?}");
    for missed in &found {
        let facts = ["status", "missedBecause", "runId"].map(|member| &missed[member]);
        assert_eq!(facts, [&json!("missed"), &json!("serviceDown"), &oldest["runId"]]);
        assert_eq!(missed["delaySeconds"], Value::Null);
    }
    let path = format!("/exports/{export}/expectations");
    let of_a_day = format!(
        "{path}?fromUtc={}&toUtc={}",
        six(2).to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        six(1).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    );
    let listed = app.get(&of_a_day).await;
    assert_eq!(words(listed["items"].as_array().unwrap(), "missedBecause"), ["serviceDown"]);
    let first = app.get(&format!("{path}?limit=1")).await;
    let next = app.get(&format!("{path}?limit=1&cursor={}", text(&first, "nextCursor"))).await;
    assert_eq!(next["items"][0], found[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_whose_schedule_was_changed_before_a_run_began_is_unplanned() {
    let app = start().await;
    let export = daily(&app).await;
    plan_at(&app, "exports", six(1)).await;
    check_clock(&app.app(), db::now()).await.unwrap();
    app.put(&format!("/exports/{export}/schedule"), &json!({"kind": "manual"})).await;
    check_clock(&app.app(), db::now()).await.unwrap();
    let found = expectations(&app, &export).await;
    assert!(words(&found, "missedBecause").iter().all(|why| why == "unplanned"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_is_missed_when_the_run_before_has_not_ended_and_waits_while_the_instance_is_paused()
{
    let app = start().await;
    let export = daily(&app).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 1500}}}])).await;
    let open = app.start_run(&export).await;
    plan_at(&app, "exports", db::now() - TimeDelta::seconds(1)).await;
    fire_due(&app.app(), db::now()).await.unwrap();
    let missed = &expectations(&app, &export).await[0];
    assert_eq!(
        (&missed["status"], &missed["missedBecause"]),
        (&json!("missed"), &json!("runSkipped"))
    );
    assert_eq!(missed["reason"]["code"], "runAlreadyOpen");
    app.faults(&json!([])).await;
    app.ended(&open).await;

    app.post("/instance/pause", &json!({"note": "A test."})).await;
    plan_at(&app, "exports", db::now()).await;
    fire_due(&app.app(), db::now()).await.unwrap();
    let waiting = &expectations(&app, &export).await[0];
    assert_eq!(
        (&waiting["status"], &waiting["reason"]["code"]),
        (&json!("waiting"), &json!("paused"))
    );
    let run = text(waiting, "runId");
    app.post(&format!("/runs/{run}/cancel"), &json!({})).await;
    let canceled = &expectations(&app, &export).await[0];
    assert_eq!(canceled["missedBecause"], "runCanceled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_refresh_is_planned_for_each_export_that_follows_it() {
    let app = start().await;
    let export = app.export_of(1).await;
    let daily =
        json!({"active": true, "recurrence": "daily", "timezone": "UTC", "times": ["06:00"]});
    app.put("/schedule", &daily).await;
    plan_at(&app, "refresh_schedules", six(1)).await;
    check_clock(&app.app(), db::now()).await.unwrap();
    let due = expectations(&app, &export).await;
    assert_eq!(due.last().unwrap()["plannedUtc"], json!(six(1)));
    assert!(words(&due, "status").iter().all(|status| status == "due"));
    fire_due(&app.app(), db::now()).await.unwrap();
    let run = app.ended(&text(&app.first_run(&export).await, "runId")).await;
    let answered = expectations(&app, &export).await;
    assert_eq!(answered.last().unwrap()["runId"], run["runId"]);
    assert_eq!(answered.last().unwrap()["status"], "answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_data_on_a_list_is_as_old_as_the_segments_that_the_last_run_read() {
    let app = start().await;
    let export = app.export_of(2).await;
    let path = format!("/exports/{export}");
    let freshness = async || app.get(&path).await["freshness"].clone();
    let unknown = json!({"ageHours": null, "objectiveHours": null, "attained30Days": null});
    assert_eq!(freshness().await, unknown);
    app.ended(&app.start_run(&export).await).await;
    let fresh = freshness().await;
    assert!(
        fresh["ageHours"].as_f64().unwrap() < 0.1 && fresh["objectiveHours"].is_null(),
        "{fresh}"
    );

    app.put("/alert-rules", &json!({"rules": [{"kind": "notFresh", "hours": 2}]})).await;
    assert_eq!(freshness().await["objectiveHours"], 2);
    assert_eq!(freshness().await["attained30Days"], 1.0);
    // What a run brings is old when its segment is.
    let five_hours_ago = db::now() - TimeDelta::hours(5);
    let shared = app.app();
    let mut tx = shared.db.write().await.unwrap();
    let statement = "UPDATE segments SET refreshed_utc = $1";
    let done =
        sql!(&mut tx, |db| sqlx::query(statement).bind(five_hours_ago).execute(db).await.map(drop));
    done.unwrap();
    tx.commit().await.unwrap();
    app.ended(&app.start_run(&export).await).await;
    let old = app.get(&format!("{path}/expectations")).await["freshness"].clone();
    assert!((4.9..5.2).contains(&old["ageHours"].as_f64().unwrap()), "{old}");
    assert!(old["attained30Days"].as_f64().unwrap() < 1.0, "{old}");
    assert_eq!(old["objectiveHours"], 2);
    assert_attainment_is_measured(&app, &path, &old).await;
    // Newer members that no run has brought to the list change nothing.
    app.segment("People", &people(3)).await;
    assert!(freshness().await["ageHours"].as_f64().unwrap() > 4.9);
}

/// Operators see how much of the time lists were as young as wanted. Without a schedule an export needs a rule of its
/// own.
async fn assert_attainment_is_measured(app: &TestApp, export: &str, freshness: &Value) {
    let own = json!({"rules": [{"kind": "notFresh", "hours": 2}]});
    app.put(&format!("{export}/alert-rules"), &own).await;
    let attained = freshness["attained30Days"].as_f64().unwrap();
    let name = "segment_export_freshness_attained_ratio{figure=\"lowest\"} ";
    // Other services of this process set the same gauge, so it is read at once.
    until(async || {
        measure_month(&app.app(), db::now()).await.unwrap();
        let metrics = app.anonymous(Method::GET, "metrics").send().await.unwrap();
        let metrics = metrics.text().await.unwrap();
        let line = metrics.lines().find_map(|line| line.strip_prefix(name));
        line.is_some_and(|part| (part.parse::<f64>().unwrap() - attained).abs() < 0.2)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn planned_times_are_measured_and_outlive_no_run() {
    let app = start().await;
    let export = daily(&app).await;
    plan_at(&app, "exports", six(1)).await;
    check_clock(&app.app(), db::now()).await.unwrap();
    let metrics = app.anonymous(Method::GET, "metrics").send().await.unwrap().text().await.unwrap();
    for line in [
        "segment_export_planned_times{outcome=\"missed\"}",
        "segment_export_alerts_open{kind=\"runLate\",culprit=\"system\"}",
        "segment_export_exports_with_objective{state=\"old\"}",
        "segment_export_freshness_attained_ratio{figure=\"lowest\"}",
        "segment_export_freshness_attained_ratio{figure=\"mean\"}",
        "segment_export_runs_ended_total{status=\"failed\",culprit=\"system\"}",
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
    remove_expired(&app.app(), db::now() + TimeDelta::days(300)).await.unwrap();
    assert!(!expectations(&app, &export).await.is_empty());
    remove_expired(&app.app(), db::now() + TimeDelta::days(402)).await.unwrap();
    assert!(expectations(&app, &export).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn expectations_of_another_instance_are_not_there() {
    let app = start().await;
    let path = format!("/exports/{}/expectations", uuid::Uuid::now_v7());
    let call = app.request("Viewer", Method::GET, &path).send().await.unwrap();
    refused(call, 404).await;
}
