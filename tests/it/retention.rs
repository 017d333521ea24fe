//! What has outlived its age is removed in small steps, and callers are told so.

use std::fmt::Write;

use chrono::TimeDelta;
use futures::future::try_join_all;
use reqwest::Method;
use segment_export::runs::retention;
use segment_export::upkeep::janitor;
use segment_export::{db, sql};
use serde_json::{Value, json};

use crate::support::{TestApp, people, refused, text};

/// Rows without an address among the members.
const FLAWED: usize = 5;

/// Values among the members that are longer than their field.
const LONG: usize = 3;

/// A service that keeps rejected rows for 30 days, batches for 60, runs for 90, and a run that has ended.
async fn ended_run() -> (TestApp, String) {
    let ages =
        ["--keep-rejections-days", "30", "--keep-batches-days", "60", "--keep-runs-days", "90"];
    let app = TestApp::start_with(&[ages.as_slice(), &["--roles", "api,worker"]].concat()).await;
    let flawed = ["a", "b", "c", "d", "e"].map(|id| id.to_owned() + ",nobody,Riga\n");
    let long = ["f", "g", "h"].map(|id| format!("{id},{id}@example.com,{}\n", "x".repeat(300)));
    app.segment("People", &(people(2497) + &flawed.concat() + &long.concat())).await;
    let export = app.export(&app.connection().await).await;
    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!(run["counts"]["invalid"], FLAWED);
    (app, format!("/runs/{}", text(&run, "runId")))
}

/// Removes what has expired so many days later.
async fn after_days(app: &TestApp, days: i64) {
    janitor::remove_expired(&app.app(), db::now() + TimeDelta::days(days)).await.unwrap();
}

async fn count(app: &TestApp, path: &str) -> usize {
    app.get(path).await["items"].as_array().unwrap().len()
}

async fn is_removed(app: &TestApp, path: &str) {
    for accept in ["application/json", "text/csv"] {
        let request = app.request("Admin", Method::GET, path).header("Accept", accept);
        let problem = refused(request.send().await.unwrap(), 410).await;
        assert_eq!(problem["errorCode"], "removed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_rows_leave_first_then_batches_then_the_run_and_callers_are_told() {
    let (app, run) = ended_run().await;
    let (rejections, batches) = (format!("{run}/rejections"), format!("{run}/batches"));
    let (problems, requests) = (format!("{run}/value-problems"), format!("{run}/requests"));
    after_days(&app, 29).await;
    assert_eq!((count(&app, &rejections).await, count(&app, &batches).await), (FLAWED, 3));
    assert_eq!(count(&app, &problems).await, LONG);
    assert!(count(&app, &requests).await > 3);

    after_days(&app, 31).await;
    is_removed(&app, &rejections).await;
    is_removed(&app, &problems).await;
    is_removed(&app, &requests).await;
    assert_eq!(count(&app, &batches).await, 3);

    after_days(&app, 61).await;
    is_removed(&app, &batches).await;
    let timeline = app.get(&format!("{run}/timeline")).await;
    assert_eq!(timeline["batches"], Value::Null, "the sums remain: {timeline}");
    assert_eq!(app.get(&run).await["counts"]["invalid"], FLAWED, "the counts remain");

    after_days(&app, 91).await;
    let gone = app.request("Admin", Method::GET, &run).send().await.unwrap();
    refused(gone, 404).await;
    assert_eq!(app.get("/exports").await["items"][0]["lastRun"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_removes_few_rows_and_from_the_first_on_nobody_gets_half_a_list() {
    let (app, run) = ended_run().await;
    let calls =
        app.get(&format!("{run}/requests?limit=200")).await["items"].as_array().unwrap().len();
    let (shared, later) = (app.app(), db::now() + TimeDelta::days(31));
    let step = async || {
        retention::remove_expired(&shared.db, &shared.config.limits, later, 2, 1).await.unwrap()
    };
    assert_eq!(step().await, 1);
    is_removed(&app, &format!("{run}/rejections")).await;
    is_removed(&app, &format!("{run}/value-problems")).await;
    let mut steps = 0;
    while step().await == 1 {
        steps += 1;
    }
    // The first step took two, and the last one takes what is left of an odd number, or nothing.
    let expected = (5 + 3 + calls) / 2;
    assert_eq!(
        steps, expected,
        "five rejections, three value problems and the calls, in steps of two"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_rows_leave_under_breaks_off_and_does_not_end_like_a_whole_one() {
    let app = TestApp::start_with(&["--keep-rejections-days", "30", "--roles", "api,worker"]).await;
    // More than networks hold, so that most of it is not read yet when the first bytes have come.
    let long = "x".repeat(3_000);
    let mut flawed = String::from("CustomerId,Email,City\n");
    for row in 0..8_000 {
        writeln!(flawed, "{row},{long},Riga").unwrap();
    }
    app.segment("People", &flawed).await;
    let export = app.export(&app.connection().await).await;
    let run = app.ended(&app.start_run(&export).await).await;
    let path = format!("/runs/{}/rejections", text(&run, "runId"));
    for accept in ["text/csv", "application/x-ndjson"] {
        let request = app.request("Admin", Method::GET, &path).header("Accept", accept);
        let whole = request.send().await.unwrap().text().await.unwrap();
        assert!(whole.lines().count() >= 8_000, "{accept}");
    }

    let request = app.request("Admin", Method::GET, &path).header("Accept", "text/csv");
    let mut download = request.send().await.unwrap();
    download.chunk().await.unwrap().unwrap();
    after_days(&app, 31).await;

    let mut rest = 0;
    let broken = loop {
        match download.chunk().await {
            Ok(Some(chunk)) => rest += chunk.len(),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken, "it ended like a whole one, after {rest} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_may_remove_at_once() {
    let (app, run) = ended_run().await;
    let (shared, later) = (app.app(), db::now() + TimeDelta::days(91));
    let janitors =
        (0..4).map(|_| retention::remove_expired(&shared.db, &shared.config.limits, later, 2, 100));
    try_join_all(janitors).await.unwrap();
    retention::remove_expired(&shared.db, &shared.config.limits, later, 2, 100).await.unwrap();
    refused(app.request("Admin", Method::GET, &run).send().await.unwrap(), 404).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_age_of_0_keeps_for_ever_and_an_open_run_is_never_removed() {
    let never = ["--keep-rejections-days", "0", "--keep-runs-days", "0", "--roles", "api,worker"];
    let app = TestApp::start_with(&never).await;
    app.segment("People", &(people(3) + "x,nobody,Riga\n")).await;
    let run = app.ended(&app.start_run(&app.export(&app.connection().await).await).await).await;
    after_days(&app, 36_500).await;
    assert_eq!(count(&app, &format!("/runs/{}/rejections", text(&run, "runId"))).await, 1);

    let app = TestApp::start_with(&["--roles", "api"]).await;
    let run = app.start_run(&app.export_of(3).await).await;
    after_days(&app, 36_500).await;
    assert_eq!(app.get(&format!("/runs/{run}")).await["status"], "queued");
}

/// Makes every event of the audit so many days old.
async fn age_events(app: &TestApp, days: i64) {
    let mut tx = app.app().db.write().await.unwrap();
    let then = db::now() - TimeDelta::days(days);
    let aged = sql!(&mut tx, |db| {
        let update = sqlx::query("UPDATE audit_events SET occurred_utc = $1").bind(then);
        update.execute(db).await.map(drop)
    });
    aged.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_kept_for_its_days_and_with_0_for_ever() {
    for (setting, days, is_kept) in [("30", 29, true), ("30", 31, false), ("0", 31, true)] {
        let app = TestApp::start_with(&["--audit-days", setting, "--roles", "api"]).await;
        app.connection().await;
        age_events(&app, days).await;
        janitor::remove_expired(&app.app(), db::now()).await.unwrap();
        assert_eq!(count(&app, "/audit-events").await > 0, is_kept, "{setting} {days}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn idempotency_keys_are_forgotten_after_their_hours() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    let new = json!({"displayName": "One", "type": "campaignMonitor", "consent": {"agreed": true}});
    let post = async || {
        let request = app.request("Admin", Method::POST, "/connections").json(&new);
        request.header("Idempotency-Key", "key").send().await.unwrap()
    };
    assert_eq!(post().await.status(), 201);
    janitor::remove_expired(&app.app(), db::now() + TimeDelta::hours(23)).await.unwrap();
    assert!(post().await.headers().contains_key("Idempotency-Replayed"));
    janitor::remove_expired(&app.app(), db::now() + TimeDelta::hours(25)).await.unwrap();
    refused(post().await, 409).await;
}
