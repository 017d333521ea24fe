//! A disk that is full, and has room again: the database, the storage and the temporary folder, each on a small disk of
//! its own.

use reqwest::{Method, Response};
use segment_export::sandbox::LIST_ID;
use serde_json::json;

use crate::support::disk::SmallDisk;
use crate::support::{TestApp, good, is_told_to_come_back, not_ready, people, until};

async fn rename(app: &TestApp, name: &str) -> Response {
    let body = json!({"displayName": name});
    app.request("Admin", Method::PUT, "/segments/People").json(&body).send().await.unwrap()
}

/// On the embedded database, which a test on `PostgreSQL` does not have.
fn embedded(disk: &SmallDisk) -> String {
    format!("sqlite://{}/on-a-small-disk.db", disk.path().display())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_whose_disk_was_full_is_written_again_as_soon_as_there_is_room() {
    let disk = SmallDisk::mount(16);
    let app = TestApp::start_on(&embedded(&disk), &[]).await;
    app.segment("People", &people(3)).await;
    for round in 0..3 {
        disk.fill();
        // What is left of the journal is used up first.
        let mut written = 0;
        let answer = loop {
            let answer = rename(&app, &format!("{round} {written}")).await;
            if !answer.status().is_success() {
                break answer;
            }
            written += 1;
        };
        is_told_to_come_back(answer).await;
        is_told_to_come_back(rename(&app, "still full").await).await;
        until(async || not_ready(&app).await == ["database"]).await;
        app.get("/segments/People").await;

        disk.make_room();
        good(rename(&app, "there is room").await).await;
        until(async || not_ready(&app).await.is_empty()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_database_is_full_in_the_middle_of_it_ends_well_when_there_is_room() {
    let disk = SmallDisk::mount(16);
    let app = TestApp::start_on(&embedded(&disk), &["--lease-ms", "1000"]).await;
    let export = app.export_of(20_000).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 100}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(2_000)).await;
    disk.fill();
    until(async || not_ready(&app).await == ["database"]).await;
    let before = app.get(&format!("/runs/{run}")).await;
    assert!(before["endUtc"].is_null(), "{before}");
    disk.make_room();

    let run = app.ended(&run).await;
    let counts = &run["counts"];
    assert_eq!((&run["status"], &counts["remaining"]), (&json!("successful"), &json!(0)), "{run}");
    assert_eq!(app.active().await, 20_000);
    let calls = app.sandbox_says("calls").await;
    assert!(calls["lists"][LIST_ID]["totalImported"].as_i64() >= Some(20_000), "{calls}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_without_room_refuses_uploads_until_there_is_room_and_runs_go_on() {
    let disk = SmallDisk::mount(4);
    let url = format!("file://{}", disk.path().display());
    let app = TestApp::start_with(&["--storage-url", &url]).await;
    let export = app.export_of(3).await;
    disk.fill();

    is_told_to_come_back(app.upload("People", "text/csv", people(2_000)).await).await;
    until(async || not_ready(&app).await == ["storage"]).await;
    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!(run["status"], "successful", "what is stored is read: {run}");
    assert_eq!(app.get("/segments/People").await["memberCount"], 3);

    disk.make_room();
    good(app.upload("People", "text/csv", people(2_000)).await).await;
    assert_eq!(app.get("/segments/People").await["memberCount"], 2_000);
    until(async || not_ready(&app).await.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_folder_without_room_refuses_uploads_until_there_is_room() {
    let disk = SmallDisk::mount(4);
    let mut app = TestApp::start().await;
    app.segment("People", &people(3)).await;
    app.stop_service().await;
    app.start_process_with_temporary_folder(disk.path()).await;
    disk.fill();

    is_told_to_come_back(app.upload("People", "text/csv", people(50_000)).await).await;
    assert_eq!(app.get("/segments/People").await["memberCount"], 3);

    disk.make_room();
    good(app.upload("People", "text/csv", people(50_000)).await).await;
    assert_eq!(app.get("/segments/People").await["memberCount"], 50_000);
    app.kill_process().await;
}
