//! Members that were replaced, or received but not saved: removed as soon as possible, and no saved call fails by it.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use futures::{StreamExt, channel::mpsc, stream};
use reqwest::{Body, Method};
use segment_export::upkeep::janitor;
use segment_export::{db, sql};
use serde_json::json;

use crate::support::{TestApp, good, people, refused};

/// The objects of uploads that lie in the storage.
pub fn kept(app: &TestApp) -> Vec<PathBuf> {
    files_in(&app.storage().join("uploads"))
}

pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return vec![] };
    let below = entries.map(|entry| entry.unwrap().path());
    below.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

/// Puts a full folder in the place of an object: it cannot be removed as one.
fn make_lasting(object: &Path) {
    fs::remove_file(object).unwrap();
    fs::create_dir(object).unwrap();
    fs::write(object.join("inside"), "").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_cannot_be_removed_fails_no_saved_call_and_no_retention() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    app.segment("People", &people(3)).await;
    app.segment("Others", &people(3)).await;
    let lasting = kept(&app);
    for object in &lasting {
        make_lasting(object);
    }
    let new = json!({"displayName": "One", "type": "campaignMonitor", "consent": {"agreed": true}});
    let post = async || {
        let request = app.request("Admin", Method::POST, "/connections").json(&new);
        request.header("Idempotency-Key", "key").send().await.unwrap()
    };
    good(post().await).await;

    good(app.upload("People", "text/csv", people(5)).await).await;
    app.put("/segments/People", &json!({"displayName": "Still people"})).await;
    good(app.request("Admin", Method::DELETE, "/segments/Others").send().await.unwrap()).await;
    janitor::remove_expired(&app.app(), db::now() + TimeDelta::hours(25)).await.unwrap();

    assert_eq!(app.get("/segments/People").await["memberCount"], 5);
    refused(post().await, 409).await;
    for object in &lasting {
        fs::remove_dir_all(object).unwrap();
        fs::write(object, "").unwrap();
    }
    janitor::remove_expired(&app.app(), db::now()).await.unwrap();
    assert!(lasting.iter().all(|object| !object.exists()), "it was not tried again");
    assert_eq!(kept(&app).len(), 1);
}

/// A body that has begun, and ends when the sender is dropped. It is larger than what networks hold, so that it is
/// being read once this returns.
pub async fn begun_body(request: reqwest::RequestBuilder) -> Begun {
    let row = |row: usize| format!("{row},person{row}@example.com,{}\n", "x".repeat(1_000_000));
    let head = stream::iter([String::from("CustomerId,Email,City\n")]);
    let (rest, more) = mpsc::unbounded::<String>();
    let (passed, mut is_read) = mpsc::unbounded();
    let rows = stream::iter((0..32).map(row)).inspect(move |_| passed.unbounded_send(()).unwrap());
    let body = head.chain(rows).chain(more).map(Ok::<_, std::io::Error>);
    let answer = tokio::spawn(request.body(Body::wrap_stream(body)).send());
    for _ in 0..32 {
        is_read.next().await.unwrap();
    }
    Begun { rest, answer }
}

pub struct Begun {
    pub rest: mpsc::UnboundedSender<String>,
    pub answer: tokio::task::JoinHandle<reqwest::Result<reqwest::Response>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_for_a_version_that_is_replaced_while_it_comes_in_is_refused() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    app.segment("People", &people(3)).await;
    let version = app.get("/segments/People").await["version"].as_i64().unwrap();
    let slow = app
        .request("Admin", Method::PUT, "/segments/People/members")
        .header("Content-Type", "text/csv")
        .header("If-Match", format!("\"{version}\""));
    let slow = begun_body(slow).await;

    good(app.upload("People", "text/csv", people(7)).await).await;
    drop(slow.rest);

    let problem = refused(slow.answer.await.unwrap().unwrap(), 412).await;
    assert_eq!(problem["errorCode"], "changed");
    assert_eq!(app.get("/segments/People").await["memberCount"], 7);
    assert_eq!(kept(&app).len(), 1, "what was refused is gone");
}

/// Removes orphans so many hours later.
async fn remove_orphans_after(app: &TestApp, hours: i64) {
    janitor::remove_orphans(&app.app(), db::now() + TimeDelta::hours(hours)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_database_fails_the_upload_stays_until_nobody_can_mean_it_any_more() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    app.segment("People", &people(3)).await;
    let rename = async |statement: &'static str| {
        let mut tx = app.app().db.write().await.unwrap();
        sql!(&mut tx, |db| sqlx::query(statement).execute(db).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
    };
    rename("ALTER TABLE audit_events RENAME TO elsewhere").await;
    refused(app.upload("People", "text/csv", people(5)).await, 500).await;
    rename("ALTER TABLE elsewhere RENAME TO audit_events").await;
    let stranger = app.storage().join("uploads/notes.txt");
    fs::write(&stranger, "").unwrap();

    remove_orphans_after(&app, 23).await;
    assert_eq!(kept(&app).len(), 3, "an upload that may have been saved stays");
    remove_orphans_after(&app, 25).await;
    assert_eq!(kept(&app).len(), 2);

    assert!(stranger.exists(), "it is not ours to remove");
    let members = app.get("/segments/People/members").await;
    assert_eq!(members["items"].as_array().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_open_run_reads_is_no_orphan_though_its_segment_has_other_members() {
    let app = TestApp::start().await;
    let export = app.export_of(20_000).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 1000}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(0)).await;
    app.segment("People", &people(3)).await;

    remove_orphans_after(&app, 25).await;

    assert_eq!(kept(&app).len(), 2);
    let run = app.ended(&run).await;
    assert_eq!((&run["status"], app.active().await), (&json!("successful"), 20_000), "{run}");
}

/// Members that compress badly: their upload takes a while to be written.
fn long_members() -> String {
    let noise = || {
        format!(
            "{:x}{:x}{:x}",
            rand::random::<u128>(),
            rand::random::<u128>(),
            rand::random::<u128>()
        )
    };
    let row = |row: usize| format!("{row},person{row}@example.com,{}\n", noise());
    String::from("CustomerId,Email,City\n") + &(0..150_000).map(row).collect::<String>()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_process_is_killed_leaves_no_member_behind() {
    let (data, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let database = format!("sqlite://{}", data.path().join("it.db").display());
    let mut app = TestApp::start_on(&database, &[]).await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    app.stop_service().await;
    app.set_temporary_folder(temporary.path());
    let uploads = app.storage().join("uploads");
    let unfinished = || {
        let is_unfinished = |path: &PathBuf| path.to_string_lossy().contains(".parquet#");
        files_in(&uploads).into_iter().filter(is_unfinished).collect::<Vec<_>>()
    };
    let (body, mut left) = (long_members(), vec![]);
    while left.is_empty() {
        app.start_process().await;
        let upload = app.request("Admin", Method::PUT, "/segments/People/members");
        let upload = upload.header("Content-Type", "text/csv").body(body.clone());
        let upload = tokio::spawn(upload.send());
        while unfinished().is_empty() && !upload.is_finished() {
            tokio::task::yield_now().await;
        }
        app.kill_process().await;
        upload.abort();
        left = unfinished();
    }

    app.start_process().await;

    assert!(left.iter().all(|path| !path.exists()), "{left:?}");
    assert!(files_in(temporary.path()).is_empty());
    good(app.upload("People", "text/csv", people(3)).await).await;
    app.kill_process().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_upload_stays_as_long_as_another_process_may_be_writing_it() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    app.segment("People", &people(3)).await;
    let unfinished = kept(&app)[0].with_extension("parquet#1");
    fs::write(&unfinished, "1,ann@example.com").unwrap();
    remove_orphans_after(&app, 1).await;
    assert!(unfinished.exists());
    remove_orphans_after(&app, 3).await;
    assert!(!unfinished.exists());
    assert_eq!(kept(&app).len(), 1);
}
