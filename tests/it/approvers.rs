//! Who may approve a run: nobody who has a part in what it does.

use reqwest::Method;
use segment_export::sql;
use serde_json::{Value, json};

use crate::approval::{approve, hash, held, held_run, of_people, request_as};
use crate::leavers::{csv, run};
use crate::support::{TestApp, good, refused, text};

const EVA: &str = "eva@example.com";
const BEN: &str = "ben@example.com";
const CARL: &str = "carl@example.com";

async fn patch_as(app: &TestApp, subject: &str, export: &str, body: &Value) {
    let patch = request_as(app, Method::PATCH, subject, &format!("/exports/{export}"));
    good(patch.json(body).send().await.unwrap()).await;
}

async fn upload_as(app: &TestApp, subject: &str, csv: String) {
    let put = request_as(app, Method::PUT, subject, "/segments/People/members");
    good(put.header("Content-Type", "text/csv").body(csv).send().await.unwrap()).await;
}

/// What the approval of this person is rejected for.
async fn rejected(app: &TestApp, subject: &str, run: &str) -> String {
    let answer = approve(app, subject, run, &hash(app, run).await).await;
    let problem = refused(answer, 403).await;
    assert_eq!(problem["errorCode"], "secondPersonNeeded");
    text(&problem, "detail")
}

async fn approved(app: &TestApp, subject: &str, run: &str) {
    good(approve(app, subject, run, &hash(app, run).await).await).await;
    assert_eq!(app.ended(run).await["counts"]["leavers"]["deleted"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reports_a_refresh_does_not_approve_the_run_that_it_starts() {
    let app = TestApp::start().await;
    let export = of_people(&app, "removals").await;
    let follow = json!({"schedule": {"active": true, "kind": "systemRefresh"}});
    patch_as(&app, "Admin@example.com", &export, &follow).await;
    run(&app, &export).await;
    app.segment("People", &csv(5..12)).await;
    let report = request_as(&app, Method::POST, EVA, "/refreshes");
    let report = report.json(&json!({"refreshId": "today"})).send().await.unwrap();
    let run = text(&good(report).await["started"][0], "runId");
    app.run_when(&run, |run| run["status"] == "awaitingApproval").await;
    assert!(rejected(&app, EVA, &run).await.contains("started"));
    approved(&app, BEN, &run).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_made_a_setting_does_not_approve_it_though_others_changed_the_export_later() {
    let app = TestApp::start().await;
    let export = of_people(&app, "removals").await;
    let flag = json!({"sync": {"resubscribe": "ourRemovals"}});
    patch_as(&app, EVA, &export, &flag).await;
    patch_as(&app, CARL, &export, &json!({"sync": {"resubscribe": "never"}})).await;
    patch_as(&app, EVA, &export, &json!({"mapping": {"trim": false}})).await;
    patch_as(&app, CARL, &export, &json!({"displayName": "Newsletter"})).await;
    patch_as(&app, BEN, &export, &json!({"displayName": "Newsletter"})).await;
    let run = held_run(&app, &export).await;
    for maker in [EVA, CARL] {
        assert!(rejected(&app, maker, &run).await.contains("settings"));
    }
    approved(&app, BEN, &run).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_after_the_start_of_a_run_neither_bars_nor_frees_anybody() {
    let app = TestApp::start().await;
    let export = of_people(&app, "removals").await;
    patch_as(&app, EVA, &export, &json!({"sync": {"verify": "sample"}})).await;
    let run = held_run(&app, &export).await;
    patch_as(&app, BEN, &export, &json!({"sync": {"verify": "full"}})).await;
    assert!(rejected(&app, EVA, &run).await.contains("settings"));
    approved(&app, BEN, &run).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_uploads_the_members_does_not_approve_that_others_vanish() {
    let app = TestApp::start().await;
    let export = of_people(&app, "removals").await;
    run(&app, &export).await;
    upload_as(&app, EVA, csv(5..12)).await;
    let rename = request_as(&app, Method::PATCH, BEN, "/segments/People");
    good(rename.json(&json!({"displayName": "Our people"})).send().await.unwrap()).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["status"] == "awaitingApproval").await;
    assert!(rejected(&app, EVA, &run).await.contains("members"));
    approved(&app, BEN, &run).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_not_the_approved_one_has_no_decision() {
    let app = TestApp::start().await;
    let (_, run) = held(&app, "run").await;
    app.post("/instance/pause", &json!({"note": "We look into it."})).await;
    let approved = good(approve(&app, BEN, &run, &hash(&app, &run).await).await).await;
    assert_eq!(
        (&approved["status"], &approved["reason"]["code"]),
        (&json!("queued"), &json!("paused"))
    );
    let path = format!("/runs/{run}/plan");
    assert_eq!(app.get(&path).await["decidedBy"], BEN);
    let mut tx = app.app().db.write().await.unwrap();
    let other = "UPDATE plans SET hash = hash || 'a' WHERE approved_hash IS NOT NULL";
    sql!(&mut tx, |db| sqlx::query(other).execute(db).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
    let another = app.get(&path).await;
    assert_eq!((&another["decidedBy"], &another["decidedUtc"]), (&Value::Null, &Value::Null));
    app.post(&format!("/runs/{run}/cancel"), &json!({})).await;
    app.ended(&run).await;
    let receipt = app.get(&format!("/runs/{run}/receipt")).await;
    assert_eq!(receipt["decision"], Value::Null, "{receipt}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_run_removes_nobody_when_members_are_uploaded_before_it_goes_on() {
    let app = TestApp::start().await;
    let (_, run) = held(&app, "removals").await;
    app.post("/instance/pause", &json!({"note": "We look into it."})).await;
    good(approve(&app, BEN, &run, &hash(&app, &run).await).await).await;
    app.segment("People", &csv(0..12)).await;
    app.post("/instance/resume", &json!({})).await;
    let ended = app.ended(&run).await;
    assert_eq!(ended["counts"]["leavers"]["deleted"], 0, "{ended}");
    assert!(ended["warnings"].to_string().contains("“People” were uploaded"), "{ended}");
    assert_eq!(app.active().await, 12);
}
