//! How runs end for reasons that are seldom met (data that nobody can read, attempts that get nowhere), and a run that does not end.

use reqwest::Method;
use segment_export::sandbox::{API_KEY, DOUBLE_OPT_IN_LIST_ID, LIST_ID};
use segment_export::sql;
use serde_json::json;

use crate::support::{TestApp, people, text, until};

const STANDSTILL: &str = "segment_export_longest_stalled_seconds";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_longer_what_it_says_fails_the_run_before_anything_is_sent() {
    let app = TestApp::start().await;
    let file = app.storage().join("people.csv");
    std::fs::write(&file, people(3)).unwrap();
    let source = json!({"kind": "files", "format": "csv", "url": app.storage_url("people.csv")});
    app.put("/segments/People", &json!({"displayName": "People", "source": source})).await;
    let export = app.export(&app.connection().await).await;
    std::fs::write(&file, format!("{}4,\"dan@example.com,Riga\n", people(3))).unwrap();

    let run = app.ended(&app.start_run(&export).await).await;

    let reason = &run["reason"];
    assert_eq!((&run["status"], &reason["code"]), (&json!("failed"), &json!("segmentUnreadable")));
    assert_eq!(reason["culprit"], "user");
    assert!(text(reason, "message").contains("Refresh the segment"), "{reason}");
    assert_eq!(app.active().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_workers_end_again_and_again_fails_instead_of_ending_one_more() {
    let mut app = TestApp::start_with(&["--roles", "api"]).await;
    let run = app.start_run(&app.export_of(3).await).await;
    let mut tx = app.app().db.write().await.unwrap();
    let most = app.app().config.work.stalls_max;
    sql!(&mut tx, |db| {
        sqlx::query("UPDATE runs SET stalls = $1").bind(most).execute(db).await.map(drop)
    })
    .unwrap();
    tx.commit().await.unwrap();

    app.restart_with(&[]).await;

    let run = app.ended(&run).await;
    let reason = &run["reason"];
    assert_eq!((&run["status"], &reason["code"]), (&json!("failed"), &json!("noProgress")));
    assert_eq!(reason["culprit"], "system");
    assert!(text(reason, "message").contains("the worker ended unexpectedly"), "{reason}");
    assert_eq!((&run["counts"]["remaining"], app.active().await), (&json!(3), 0));
}

/// A number that `/metrics` shows.
async fn metric(app: &TestApp, name: &str) -> f64 {
    let text = app.anonymous(Method::GET, "metrics").send().await.unwrap().text().await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_stands_still_shows_in_the_metrics_while_others_get_on() {
    let mut app = TestApp::start().await;
    let moving = app.export_of(3).await;
    let new = json!({"displayName": "Stuck", "connectionId": app.connection().await,
        "listId": DOUBLE_OPT_IN_LIST_ID, "segments": ["People"], "mapping": {"email": "Email"}});
    let stuck = text(&app.post("/exports", &new).await, "exportId");
    let import = format!("{DOUBLE_OPT_IN_LIST_ID}/import");
    app.faults(&json!([{"match": {"path": import}, "kind": {"hang": {}}}])).await;
    app.stop_service().await;
    app.start_process().await;
    assert!(metric(&app, STANDSTILL).await < f64::EPSILON, "no run is in hand");
    let stuck = app.start_run(&stuck).await;
    app.run_when(&stuck, |run| run["status"] == "running").await;

    until(async || {
        let run = app.ended(&app.start_run(&moving).await).await;
        assert_eq!(run["status"], "successful", "{run}");
        metric(&app, STANDSTILL).await > 1.5
    })
    .await;

    app.kill_process().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_gone_fails_the_run_and_is_named() {
    let app = TestApp::start().await;
    let export = app.export_of(3).await;
    let list = app.sandbox.url().join(&format!("api/v3.3/lists/{LIST_ID}.json")).unwrap();
    let vendor = reqwest::Client::builder().build().unwrap();
    let removed = vendor.delete(list).basic_auth(API_KEY, Some("x")).send().await.unwrap();
    assert!(removed.status().is_success(), "{removed:?}");

    let run = app.ended(&app.start_run(&export).await).await;

    let reason = &run["reason"];
    assert_eq!((&run["status"], &reason["code"]), (&json!("failed"), &json!("listNotFound")));
    assert!(text(reason, "message").contains(LIST_ID), "{reason}");
    assert_eq!(run["counts"]["remaining"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_ours_is_tried_again_and_then_said_to_be_ours() {
    let app = TestApp::start().await;
    let export = app.export_of(3).await;
    let mut tx = app.app().db.write().await.unwrap();
    sql!(&mut tx, |db| {
        sqlx::query("UPDATE connections SET credential_sealed = 'dev:unreadable'")
            .execute(db)
            .await
            .map(drop)
    })
    .unwrap();
    tx.commit().await.unwrap();

    let run = app.ended(&app.start_run(&export).await).await;

    let reason = &run["reason"];
    assert_eq!((&run["status"], &reason["code"]), (&json!("failed"), &json!("internal")), "{run}");
    assert_eq!(reason["culprit"], "system");
    assert!(run["attempt"].as_i64() > Some(1), "{run}");
    assert_eq!(run["counts"]["remaining"], 3);
}
