//! What becomes of a run that waits for an approval when something else changes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::approval::{approve, hash, held, request_as};
use crate::leavers::state;
use crate::support::{TestApp, good, refused, text};

const BEN: &str = "ben@example.com";

async fn is_ended_and_removed_nobody(app: &TestApp, run: &str, status: &str, words: &str) {
    let ended = app.ended(run).await;
    assert_eq!(ended["status"], status, "{ended}");
    assert!(text(&ended["reason"], "message").contains(words), "{ended}");
    assert_eq!(state(app, 0).await, "Active");
    let late = approve(app, BEN, run, &"0".repeat(64)).await;
    assert_eq!(refused(late, 409).await["errorCode"], "notAwaitingApproval");
    assert_eq!(app.get(&format!("/runs/{run}/receipt")).await["decision"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_when_its_export_is_removed_and_the_plan_can_still_be_read() {
    let app = TestApp::start().await;
    let (export, run) = held(&app, "removals").await;
    let remove = app.request("Admin", Method::DELETE, &format!("/exports/{export}"));
    remove.send().await.unwrap().error_for_status().unwrap();
    is_ended_and_removed_nobody(&app, &run, "canceled", "who removed the export").await;
    assert_eq!(app.get(&format!("/runs/{run}/plan")).await["heldUntilUtc"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_when_its_export_is_detached_from_the_connection() {
    let app = TestApp::start().await;
    let (export, run) = held(&app, "removals").await;
    good(
        app.request("Admin", Method::POST, &format!("/exports/{export}/detach"))
            .send()
            .await
            .unwrap(),
    )
    .await;
    is_ended_and_removed_nobody(&app, &run, "canceled", "the connection").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_fails_once_approved_when_its_connection_has_no_export_user_any_more() {
    let app = TestApp::start().await;
    let (export, run) = held(&app, "removals").await;
    let connection = text(&app.get(&format!("/exports/{export}")).await, "connectionId");
    let path = format!("/connections/{connection}/export-user");
    let remove = app.request("Admin", Method::DELETE, &path).send().await.unwrap();
    remove.error_for_status().unwrap();
    assert_eq!(app.get(&format!("/runs/{run}")).await["status"], "awaitingApproval");
    good(approve(&app, BEN, &run, &hash(&app, &run).await).await).await;
    let ended = app.ended(&run).await;
    assert_eq!(
        (&ended["status"], &ended["counts"]["leavers"]["deleted"]),
        (&json!("failed"), &json!(0))
    );
    assert_eq!(ended["reason"]["code"], "exportUserMissing", "{ended}");
    let receipt = app.get(&format!("/runs/{run}/receipt")).await;
    assert_eq!(receipt["decision"]["decidedBy"], BEN, "{receipt}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_through_a_pause_and_resumes_with_its_approval() {
    let app = TestApp::start().await;
    let (_, run) = held(&app, "removals").await;
    app.post("/instance/pause", &json!({"note": "We look into it."})).await;
    assert_eq!(app.get(&format!("/runs/{run}")).await["reason"]["code"], "awaitingApproval");
    let approved = good(approve(&app, BEN, &run, &hash(&app, &run).await).await).await;
    assert_eq!(approved["reason"]["code"], "paused");
    assert_eq!(state(&app, 0).await, "Active");
    app.post("/instance/resume", &json!({})).await;
    assert_eq!(app.ended(&run).await["counts"]["leavers"]["deleted"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_approves_without_the_role_and_who_started_a_run_may_decline_it() {
    let app = TestApp::start().await;
    let (_, run) = held(&app, "removals").await;
    let body = json!({"planHash": hash(&app, &run).await});
    let viewer = app.request("Viewer", Method::POST, &format!("/runs/{run}/approve")).json(&body);
    assert_eq!(refused(viewer.send().await.unwrap(), 403).await["errorCode"], "forbidden");
    let private = app.request("Contributor", Method::POST, &format!("/runs/{run}/approve"));
    assert_eq!(
        refused(private.json(&body).send().await.unwrap(), 403).await["errorCode"],
        "forbidden"
    );
    let decline =
        request_as(&app, Method::POST, "Admin@example.com", &format!("/runs/{run}/decline"));
    let declined = good(decline.json(&json!({"note": "Too many."})).send().await.unwrap()).await;
    assert_eq!(declined["status"], "skipped", "who started it may decline it");
}
