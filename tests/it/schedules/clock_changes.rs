//! Planned times on the days on which clocks change, fired as a scheduler does: looking again and again.

use chrono::TimeDelta;
use segment_export::db::Time;
use segment_export::exports;
use segment_export::names::ExportId;
use segment_export::schedules::store;
use segment_export::upkeep::scheduler::fire_due;
use serde_json::{Value, json};

use crate::support::{TestApp, text};

/// How often the scheduler of these tests looks.
const LOOKS_EVERY: TimeDelta = TimeDelta::minutes(10);

fn utc(text: &str) -> Time {
    format!("{text}:00Z").parse().unwrap()
}

/// A service whose times are fired by the test, and an export.
async fn idle() -> (TestApp, ExportId) {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    let export = ExportId(app.export_of(1).await.parse().unwrap());
    (app, export)
}

/// Gives the export times of its own, as if it were `now`.
async fn plan_export(app: &TestApp, id: ExportId, zone: &str, lines: &[&str], now: Time) {
    let schedule = json!({"kind": "custom", "timezone": zone, "cron": lines});
    app.put(&format!("/exports/{}/schedule", id.0), &schedule).await;
    let mut tx = app.app().db.write().await.unwrap();
    let export = exports::store::get(&mut tx, app.instance, id).await.unwrap().unwrap();
    store::plan(&mut tx, id, export.schedule.next(now)).await.unwrap();
    tx.commit().await.unwrap();
}

/// Gives the instance a daily refresh, as if it were `now`.
async fn plan_refresh(app: &TestApp, zone: &str, times: &[&str], now: Time) {
    let schedule = json!({"active": true, "recurrence": "daily", "timezone": zone, "times": times});
    app.put("/schedule", &schedule).await;
    let mut tx = app.app().db.write().await.unwrap();
    let planned = store::get(&mut tx, app.instance).await.unwrap().unwrap();
    let next = planned.schedule.next(now);
    assert!(store::move_refresh_on(&mut tx, &planned, next).await.unwrap());
    tx.commit().await.unwrap();
}

/// Looks for times that are due, from `start` to `end`. (A run that is still open makes the next one a skipped one,
/// which has its time as well.)
async fn pass(app: &TestApp, start: Time, end: Time) {
    let looks = std::iter::successors(Some(start), |now| Some(*now + LOOKS_EVERY));
    for now in looks.take_while(|now| *now <= end) {
        fire_due(&app.app(), now).await.unwrap();
    }
}

/// When the runs of the export were planned for, in the order in which they came.
async fn fired(app: &TestApp, export: ExportId) -> Vec<String> {
    let runs = app.get(&format!("/runs?exportId={}&limit=200", export.0)).await;
    let runs = runs["items"].as_array().unwrap().iter().rev();
    let time = |run: &Value| text(run, "plannedUtc").parse::<Time>().unwrap();
    runs.map(|run| time(run).format("%dT%H:%M").to_string()).collect()
}

/// When an export that runs at half past three in Riga fires between these midnights.
async fn half_past_three(start: &str, end: &str) -> Vec<String> {
    let (app, export) = idle().await;
    let (start, end) = (utc(start), utc(end));
    plan_export(&app, export, "Europe/Riga", &["30 3 * * *"], start).await;
    pass(&app, start, end).await;
    fired(&app, export).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_the_clock_skips_fires_once_at_the_end_of_the_gap() {
    let fired = half_past_three("2026-03-28T00:00", "2026-03-31T00:00").await;
    assert_eq!(fired, ["28T01:30", "29T01:00", "30T00:30"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_comes_twice_on_the_clock_fires_once() {
    let fired = half_past_three("2026-10-24T00:00", "2026-10-27T00:00").await;
    assert_eq!(fired, ["24T00:30", "25T00:30", "26T01:30"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_hour_of_the_clock_fires_once_on_the_days_of_23_and_of_25_hours() {
    for (start, end, hours) in
        [("2026-03-28T22:00", "2026-03-29T20:59", 23), ("2026-10-24T21:00", "2026-10-25T21:59", 24)]
    {
        let (app, export) = idle().await;
        let (start, end) = (utc(start), utc(end));
        plan_export(&app, export, "Europe/Riga", &["0 * * * *"], start - TimeDelta::minutes(1))
            .await;
        pass(&app, start, end).await;
        let mut fired = fired(&app, export).await;
        assert_eq!(fired.len(), hours, "{fired:?}");
        fired.dedup();
        assert_eq!(fired.len(), hours, "each once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_system_refresh_comes_once_on_each_day_on_which_clocks_change() {
    for (start, end, expected) in [
        ("2026-03-28T12:00", "2026-03-30T12:00", ["29T01:00", "30T00:30"]),
        ("2026-10-24T12:00", "2026-10-26T12:00", ["25T00:30", "26T01:30"]),
    ] {
        let (app, export) = idle().await;
        let (start, end) = (utc(start), utc(end));
        plan_refresh(&app, "Europe/Riga", &["03:30"], start).await;
        pass(&app, start, end).await;
        assert_eq!(fired(&app, export).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_of_a_system_refresh_that_were_missed_are_made_up_for_by_one_run_that_is_late() {
    let (app, export) = idle().await;
    let now = segment_export::db::now();
    let missed = now - TimeDelta::days(3);
    plan_refresh(&app, "UTC", &["00:00", "06:00", "12:00", "18:00"], missed).await;

    fire_due(&app.app(), now).await.unwrap();
    fire_due(&app.app(), now).await.unwrap();

    let runs = app.get(&format!("/runs?exportId={}", export.0)).await;
    let [run] = runs["items"].as_array().unwrap().as_slice() else { panic!("{runs}") };
    assert_eq!((&run["status"], &run["warnings"][0]["code"]), (&json!("queued"), &json!("late")));
    let planned = text(run, "plannedUtc").parse::<Time>().unwrap();
    assert!((missed..missed + TimeDelta::hours(6)).contains(&planned), "the first of them: {run}");
    let next = app.get("/schedule").await["nextRunsUtc"][0].clone();
    assert!(next.as_str().unwrap().parse::<Time>().unwrap() > now);
}
