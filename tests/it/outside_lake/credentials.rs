//! Credentials of a storage that expire, and are renewed.

use serde_json::{Value, json};

use super::servers::Lake;
use super::{files, part, register};
use crate::support::{TestApp, good, refused, text};

#[tokio::test(flavor = "multi_thread")]
async fn expired_credentials_are_no_fault_of_the_segment() {
    let lake = Lake::azure().await;
    lake.put("crm/part.csv", part(0, 100)).await;
    let roots = format!("lake={}", lake.url(""));
    let (fresh, expired) =
        (lake.signed_options("lake", 1).await, lake.signed_options("lake", -1).await);
    let settings = ["--storage-roots", &roots, "--stalls-max", "1", "--storage-options"];
    let mut app = TestApp::start_with(&[&settings[..], &[&fresh]].concat()).await;
    good(register(&app, &files(&lake, "crm")).await).await;
    let export = app.export(&app.connection().await).await;

    app.stop_service().await;
    app.set_extra(&[&settings[..], &[&expired]].concat());
    app.start_service().await;

    let problem = refused(register(&app, &files(&lake, "crm")).await, 503).await;
    assert!(text(&problem, "detail").contains("expired"), "{problem}");
    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!(
        (&run["status"], &run["reason"]["code"]),
        (&json!("failed"), &json!("storageRefused"))
    );
    assert_eq!(run["reason"]["culprit"], "system");
    assert_eq!(app.active().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_for_credentials_that_expired_on_its_way_and_goes_on_when_they_are_renewed() {
    let lake = Lake::azure().await;
    lake.put("crm/part.csv", part(0, 60_000)).await;
    let roots = format!("lake={}", lake.url(""));
    let (fresh, expired) =
        (lake.signed_options("lake", 1).await, lake.signed_options("lake", -1).await);
    let settings = ["--storage-roots", &roots, "--stalls-max", "100", "--storage-options"];
    let mut app = TestApp::start_with(&[&settings[..], &[&fresh]].concat()).await;
    good(register(&app, &files(&lake, "crm")).await).await;
    let export = app.export(&app.connection().await).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 100}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(0)).await;

    app.restart_with(&[&settings[..], &[&expired]].concat()).await;
    let waiting = app.run_when(&run, |run| run["reason"]["code"] == "storageRefused").await;
    assert_eq!(waiting["endUtc"], Value::Null, "{waiting}");
    app.restart_with(&[&settings[..], &[&fresh]].concat()).await;

    let run = app.ended(&run).await;
    assert_eq!((&run["status"], app.active().await), (&json!("successful"), 60_000), "{run}");
    assert_eq!(run["counts"]["created"], 60_000, "{run}");
}
