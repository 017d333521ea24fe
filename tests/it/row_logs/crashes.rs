//! Whatever dies between two steps, each row is in one file that the manifest names.

use std::time::Duration;

use segment_export::sql;
use serde_json::{Value, json};

use super::{check, export_with_log, folder, manifest, rows};
use crate::leavers::csv;
use crate::support::{TestApp, people, until};

async fn slow_uploads(app: &TestApp) {
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 60}}}])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_again_and_again_leaves_each_row_once() {
    let mut app = TestApp::start_with(&["--lease-ms", "600", "--uploads-in-flight", "4"]).await;
    app.segment("People", &people(20_000)).await;
    let export = export_with_log(&app, &json!({}), false).await;
    slow_uploads(&app).await;
    app.stop_service().await;
    app.start_process().await;
    let run = app.start_run(&export).await;
    for progress in [1_000, 5_000, 9_000] {
        let is_there = |run: &Value| run["counts"]["remaining"].as_i64() < Some(20_000 - progress);
        app.run_when(&run, is_there).await;
        app.kill_process().await;
        app.start_process().await;
    }

    let run = app.ended(&run).await;

    assert!(run["attempt"].as_i64() >= Some(3), "{run}");
    let manifest = manifest(&app, &run).await;
    check(&app, &run, &manifest);
    assert_eq!(rows(&app, &run, &manifest).len(), 20_000);
    let named = manifest["files"].as_array().unwrap().len();
    let is_clean = async || {
        let found = std::fs::read_dir(folder(&app, &run)).unwrap();
        found.filter(|file| file.as_ref().unwrap().path().extension().unwrap() == "parquet").count()
            == named
    };
    until(is_clean).await;
}

/// As if the worker had died after the end of its run was written.
async fn reopen(app: &TestApp) {
    let app = app.app();
    let mut tx = app.db.write().await.unwrap();
    let update = "UPDATE row_logs SET state = 'open'";
    sql!(&mut tx, |db| sqlx::query(update).execute(db).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_the_worker_could_not_write_is_written_by_the_upkeep() {
    let mut app = TestApp::start().await;
    app.segment("People", &csv(0..1_500)).await;
    let export = export_with_log(&app, &json!({}), false).await;
    let run = app.ended(&app.start_run(&export).await).await;
    let first = manifest(&app, &run).await;
    let file = folder(&app, &run).join("_manifest.json");
    // A worker put it there, and died before its batch was written.
    let orphan = folder(&app, &run).join("batch-00000001-0.parquet");
    let named = folder(&app, &run).join("batch-00000001-1.parquet");
    std::fs::copy(named, &orphan).unwrap();
    std::fs::remove_file(&file).unwrap();
    reopen(&app).await;

    app.stop_service().await;
    app.start_service().await;

    assert_eq!(manifest(&app, &run).await, first, "it says the same");
    until(async || !orphan.exists()).await;
    check(&app, &run, &first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_worker_that_died_before_its_batch_was_written_does_not_count() {
    let app = TestApp::start_with(&["--uploads-in-flight", "1"]).await;
    app.segment("People", &people(4_000)).await;
    let export = export_with_log(&app, &json!({}), false).await;
    slow_uploads(&app).await;
    let run = app.start_run(&export).await;
    let seen = app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(0)).await;
    let orphan = folder(&app, &seen).join("batch-00000004-0.parquet");
    std::fs::copy(folder(&app, &seen).join("batch-00000001-1.parquet"), &orphan).unwrap();

    let run = app.ended(&run).await;

    let manifest = manifest(&app, &run).await;
    check(&app, &run, &manifest);
    until(async || !orphan.exists()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_and_resumed_logs_what_each_worker_sent() {
    let mut app = TestApp::start_with(&["--uploads-in-flight", "2"]).await;
    app.segment("People", &people(9_000)).await;
    let export = export_with_log(&app, &json!({}), true).await;
    slow_uploads(&app).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(2_000)).await;
    app.stop_service().await;
    app.start_service().await;
    let run = app.ended_within(&run, Duration::from_mins(1)).await;
    let manifest = manifest(&app, &run).await;
    check(&app, &run, &manifest);
    let names = manifest["files"].to_string();
    assert!(names.contains("-1.parquet") && names.contains("-2.parquet"), "{names}");
}
