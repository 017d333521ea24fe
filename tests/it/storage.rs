//! The storage of the service itself: one that cannot be written, that was restored from a copy, or that is away.

use std::process::Command;

use reqwest::Method;
use serde_json::json;

use crate::orphans::kept;
use crate::support::{TestApp, people, refused, text, until};

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_to_a_storage_that_cannot_be_written_is_told_to_come_back() {
    let away = ["--storage-url", "s3://bucket", "--storage-retries", "0"];
    let options = "default.aws_endpoint=http://127.0.0.1:1 default.aws_allow_http=true \
        default.aws_access_key_id=x default.aws_secret_access_key=y default.aws_region=us-east-1";
    let away = [&away[..], &["--storage-options", options]].concat();
    let app = TestApp::start_with(&[&["--roles", "api"], &away[..]].concat()).await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;

    let answer = app.upload("People", "text/csv", people(2_000)).await;

    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(refused(answer, 503).await["errorCode"], "unavailable");
    assert_eq!(app.get("/segments/People").await["memberCount"], 0);
    let ready = app.anonymous(Method::GET, "readyz").send().await.unwrap();
    let ready: serde_json::Value = ready.json().await.unwrap();
    assert!(
        ready["parts"].as_array().unwrap().contains(&json!({"name": "storage", "ready": false}))
    );
}

/// Puts a copy in the place of the storage, as one that is restored: the same files, each of them another one for the
/// file system.
fn restore(app: &TestApp) {
    let backup = app.storage().with_extension("backup");
    std::fs::rename(app.storage(), &backup).unwrap();
    let copied = Command::new("cp").arg("-a").args([&backup, &app.storage()]).status().unwrap();
    assert!(copied.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_uploads_are_read_from_a_storage_that_was_copied_away_and_back() {
    let mut app = TestApp::start_with(&["--roles", "api"]).await;
    let export = app.export_of(3).await;
    app.stop_service().await;
    restore(&app);
    app.set_extra(&[]);
    app.start_service().await;

    let members = app.get("/segments/People/members").await;
    assert_eq!(members["items"].as_array().unwrap().len(), 3);
    app.post(&format!("/exports/{export}/preview"), &json!({})).await;
    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!((&run["status"], &run["counts"]["created"]), (&json!("successful"), &json!(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_an_upload_that_are_gone_are_asked_for_again() {
    let app = TestApp::start().await;
    let export = app.export_of(3).await;
    let [object] = &kept(&app)[..] else { panic!("one upload is kept") };
    std::fs::remove_file(object).unwrap();

    let members = app.request("Admin", Method::GET, "/segments/People/members").send().await;
    let detail = text(&refused(members.unwrap(), 422).await, "detail");
    assert!(detail.contains("missing or incomplete; upload them again"), "{detail}");
    assert!(!detail.contains("Refresh the segment."), "{detail}");
    let run = app.ended(&app.start_run(&export).await).await;
    let reason = &run["reason"];
    assert_eq!((&run["status"], &reason["code"]), (&json!("failed"), &json!("segmentUnreadable")));
    let message = text(reason, "message");
    assert!(message.contains("The segment “People” cannot be read"), "{reason}");
    assert!(message.contains("upload them again") && !message.contains("uploads/"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_while_the_storage_as_a_whole_is_away() {
    let app = TestApp::start_with(&["--stalls-max", "100"]).await;
    let export = app.export_of(3).await;
    let away = app.storage().with_extension("away");
    std::fs::rename(app.storage(), &away).unwrap();

    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["reason"]["code"] == "storageUnavailable").await;
    let members = app.request("Admin", Method::GET, "/segments/People/members").send().await;
    assert_eq!(refused(members.unwrap(), 503).await["errorCode"], "unavailable");
    std::fs::rename(&away, app.storage()).unwrap();

    let run = app.ended(&run).await;
    assert_eq!((&run["status"], &run["counts"]["created"]), (&json!("successful"), &json!(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_the_volume_of_the_storage_is_not_ready_and_loses_nothing() {
    let mut app = TestApp::start_with(&["--stalls-max", "100"]).await;
    let export = app.export_of(3).await;
    app.stop_service().await;
    let volume = app.storage().with_extension("volume");
    std::fs::rename(app.storage(), &volume).unwrap();
    app.start_service().await;
    let is_ready =
        async || app.anonymous(Method::GET, "readyz").send().await.unwrap().status() == 200;

    assert!(!is_ready().await);
    let upload = app.upload("People", "text/csv", people(5)).await;
    assert_eq!(refused(upload, 503).await["errorCode"], "unavailable");
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["reason"]["code"] == "storageUnavailable").await;
    assert_eq!(std::fs::read_dir(app.storage()).unwrap().count(), 0, "nothing is written there");

    std::fs::remove_dir(app.storage()).unwrap();
    std::fs::rename(&volume, app.storage()).unwrap();
    let run = app.ended(&run).await;
    assert_eq!((&run["status"], &run["counts"]["created"]), (&json!("successful"), &json!(3)));
    until(is_ready).await;
}
