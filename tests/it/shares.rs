//! What instances share: none takes the last of anything while another needs one.

use std::time::Duration;

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use crate::orphans::begun_body;
use crate::slow_callers::{answer, connect, head};
use crate::support::{TestApp, good, people, refused, text};

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_holds_uploads_leaves_one_to_others() {
    let mut app = TestApp::start_with(&["--roles", "api", "--max-uploads", "2"]).await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    let slow = app
        .request("Admin", Method::PUT, "/segments/People/members")
        .header("Content-Type", "text/csv");
    let _slow = begun_body(slow).await;

    let problem = refused(app.upload("People", "text/csv", people(3)).await, 429).await;

    assert_eq!(problem["errorCode"], "tooManyRequests");
    app.instance = Uuid::now_v7();
    app.segment("People", &people(3)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_previews_leaves_one_preview_to_others() {
    let mut app = TestApp::start_with(&["--max-previews", "2"]).await;
    let export = app.export_of(3).await;
    let own = app.instance;
    app.instance = Uuid::now_v7();
    let other = (app.instance, app.export_of(3).await);
    app.faults(&json!([{"match": {"path": "customfields"}, "kind": {"latency": {"ms": 3000}}}]))
        .await;
    let preview = |app: &TestApp, export: &str| {
        app.request("Admin", Method::POST, &format!("/exports/{export}/preview")).send()
    };
    app.instance = own;
    let first = tokio::spawn(preview(&app, &export));
    tokio::time::sleep(Duration::from_millis(500)).await;

    let problem = refused(preview(&app, &export).await.unwrap(), 429).await;

    assert_eq!(problem["errorCode"], "tooManyRequests");
    app.instance = other.0;
    good(preview(&app, &other.1).await.unwrap()).await;
    good(first.await.unwrap().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_registers_leaves_one_registration_to_others() {
    let mut app = TestApp::start_with(&["--roles", "api", "--max-registrations", "2"]).await;
    std::fs::write(app.storage().join("large.csv"), people(500_000)).unwrap();
    std::fs::write(app.storage().join("small.csv"), people(3)).unwrap();
    let register = |app: &TestApp, file: &str| {
        let source = json!({"kind": "files", "format": "csv", "url": app.storage_url(file)});
        let segment = json!({"displayName": "People", "source": source});
        app.request("Admin", Method::PUT, "/segments/People").json(&segment).send()
    };
    let first = tokio::spawn(register(&app, "large.csv"));
    tokio::time::sleep(Duration::from_millis(200)).await;

    let problem = refused(register(&app, "small.csv").await.unwrap(), 429).await;

    assert_eq!(problem["errorCode"], "tooManyRequests");
    app.instance = Uuid::now_v7();
    good(register(&app, "small.csv").await.unwrap()).await;
    good(first.await.unwrap().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_follows_runs_leaves_streams_to_others() {
    let mut app = TestApp::start_with(&["--max-event-streams", "4"]).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"hang": {}}}])).await;
    let follow = async |app: &TestApp, run: &str| {
        let request = app.request("Viewer", Method::GET, &format!("/runs/{run}/events"));
        request.send().await.unwrap()
    };
    let run = app.start_run(&app.export_of(3).await).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(follow(&app, &run).await);
        assert_eq!(streams.last().unwrap().status(), 200);
    }
    refused(follow(&app, &run).await, 429).await;

    app.instance = Uuid::now_v7();
    let run = app.start_run(&app.export_of(3).await).await;

    assert_eq!(follow(&app, &run).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_sends_many_bodies_slowly_leaves_memory_to_others() {
    let four_bodies = (4 * (1000 + (48 << 10))).to_string();
    let settings = ["--max-body-bytes", "1000", "--max-received-bytes", &four_bodies];
    let mut app = TestApp::start_with(&[&["--roles", "api"], &settings[..]].concat()).await;
    let mut slow = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(&app).await;
        stream.write_all(head(&app, 1000).as_bytes()).await.unwrap();
        slow.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;

    let mut refused = connect(&app).await;
    refused.write_all(head(&app, 1000).as_bytes()).await.unwrap();

    let text = answer(&mut refused).await;
    assert!(text.starts_with("HTTP/1.1 429 ") && text.contains("tooManyRequests"), "{text}");
    app.instance = Uuid::now_v7();
    app.put("/segments/People", &json!({"displayName": "People"})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_for_no_queue_of_another_instance() {
    let mut app = TestApp::start_with(&["--runs-in-parallel", "1"]).await;
    let export = async |app: &TestApp| {
        let new = json!({"displayName": Uuid::now_v7(), "connectionId": app.connection().await, "listId": LIST_ID,
            "segments": ["People"], "mapping": {"email": "Email"}});
        text(&app.post("/exports", &new).await, "exportId")
    };
    let many = app.instance;
    app.segment("People", &people(3)).await;
    let mut exports = Vec::new();
    for _ in 0..15 {
        exports.push(export(&app).await);
    }
    app.instance = Uuid::now_v7();
    let one = app.instance;
    app.segment("People", &people(3)).await;
    let only = export(&app).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 400}}}])).await;
    app.instance = many;
    let mut runs = Vec::new();
    for export in &exports {
        runs.push(app.start_run(export).await);
    }

    app.instance = one;
    let end = text(&app.ended(&app.start_run(&only).await).await, "endUtc");

    app.instance = many;
    let mut before = 0;
    for run in &runs {
        before += usize::from(text(&app.ended(run).await, "endUtc") < end);
    }
    assert!(before < 8, "it waited for {before} of {} runs", runs.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_of_one_instance_by_the_hundred_leave_the_database_to_others() {
    let unlimited = ["--max-calls-per-second", "0", "--max-instance-calls-per-second", "0"];
    let settings = [&["--roles", "api", "--database-wait-ms", "1000"], &unlimited[..]].concat();
    let mut app = TestApp::start_with(&settings).await;
    for number in 0..100 {
        let name = format!("Segment{number}");
        app.put(&format!("/segments/{name}"), &json!({"displayName": name})).await;
    }
    let list = |app: &TestApp| app.request("Admin", Method::GET, "/segments?limit=100").send();
    let many: Vec<_> = (0..400).map(|_| tokio::spawn(list(&app))).collect();
    app.instance = Uuid::now_v7();

    for _ in 0..20 {
        good(list(&app).await.unwrap()).await;
    }

    for answer in many {
        let status = answer.await.unwrap().unwrap().status().as_u16();
        // A database that is slow as well may answer 503; what matters is that the other instance waited for none.
        assert!([200, 429, 503].contains(&status), "{status}");
    }
}
