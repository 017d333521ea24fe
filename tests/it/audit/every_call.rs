//! Every call of the document that changes something leaves an event, done or refused.

use std::collections::BTreeSet;

use reqwest::Method;
use segment_export::audit::Action;
use segment_export::sandbox::{API_KEY, CLIENT_ID};
use segment_export::{db, sql};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::events;
use crate::alerts::receiver::Receiver;
use crate::changes_doubt::in_database;
use crate::oauth;
use crate::support::{TestApp, good, people, refused, text};

const OF_INSTANCE: &str = "/v1/instances/{instanceId}";
/// Calls that change something by their method alone.
const CHANGE_NOTHING: [&str; 3] = ["preview_draft", "preview_export", "issue_event_ticket"];

/// Every call of the document that changes something: method and address below the instance.
fn changing_calls() -> Vec<(String, String)> {
    let document = serde_json::to_value(segment_export::server::document()).unwrap();
    let mut calls = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(path) = path.strip_prefix(OF_INSTANCE) else { continue };
        for (method, operation) in item.as_object().unwrap() {
            let is_change = ["post", "put", "patch", "delete"].contains(&method.as_str());
            let name = operation["operationId"].as_str().unwrap_or_default();
            if is_change && !CHANGE_NOTHING.contains(&name) {
                calls.push((method.to_uppercase(), path.to_owned()));
            }
        }
    }
    assert!(calls.len() > 15, "{calls:?}");
    calls
}

/// Everything that can be done, done once.
async fn tour(app: &TestApp) {
    let none = json!({});
    app.segment("People", &people(3)).await;
    let gone =
        json!({"people": [{"email": "gone@example.com"}], "legalBasis": "GDPR", "reference": "1"});
    let erasure = text(&app.post("/erasures", &gone).await, "erasureId");
    let erasure = format!("/erasures/{erasure}");
    // Nothing here executes it.
    let complete = "UPDATE erasures SET status = 'completed', people_sealed = NULL, completed_utc = requested_utc";
    in_database(app, complete).await;
    app.post(&format!("{erasure}/lift-tombstones"), &json!({"reason": "They are back."})).await;
    app.put("/segments/Spare", &json!({"displayName": "Spare"})).await;
    let rename = json!({"displayName": "Renamed"});
    let renamed = app.request("Admin", Method::PATCH, "/segments/Spare").json(&rename);
    good(renamed.send().await.unwrap()).await;
    let delete = async |path: &str| {
        good(app.request("Admin", Method::DELETE, path).send().await.unwrap()).await
    };
    app.post("/segments/Spare/inspect", &none).await;
    delete("/segments/Spare").await;
    let connection = app.connection().await;
    let path = format!("/connections/{connection}");
    let rename =
        app.request("Admin", Method::PATCH, &path).json(&json!({"displayName": "Renamed"}));
    good(rename.send().await.unwrap()).await;
    app.put(&format!("{path}/credentials"), &json!({"kind": "apiKey", "apiKey": API_KEY})).await;
    app.post(&format!("{path}/verify"), &none).await;
    app.post(&format!("{path}/authorize"), &none).await;
    let list = json!({"name": "New", "optIn": "single", "clientId": CLIENT_ID});
    let list = text(&app.post(&format!("{path}/lists"), &list).await, "listId");
    let field = json!({"name": "City", "dataType": "Text"});
    app.post(&format!("{path}/lists/{list}/fields"), &field).await;
    let export = app.export(&connection).await;
    let of_export = format!("/exports/{export}");
    let copy = text(&app.post(&format!("{of_export}/duplicate"), &none).await, "exportId");
    let update = app
        .request("Admin", Method::PATCH, &of_export)
        .json(&json!({"options": {"resubscribe": true}}));
    good(update.send().await.unwrap()).await;
    app.post(&format!("{of_export}/detach"), &none).await;
    app.post(&format!("{of_export}/attach"), &json!({"connectionId": connection})).await;
    app.post(&format!("{of_export}/test"), &json!({"customerId": "1"})).await;
    app.post("/people/search", &json!({"email": "person1@example.com"})).await;
    let back = json!({"email": "person1@example.com", "reason": "A letter."});
    let back = app.put(&format!("{of_export}/readmissions"), &back).await;
    delete(&format!("{of_export}/readmissions/{}", text(&back, "readmissionId"))).await;
    let run = app.start_run(&export).await;
    app.post(&format!("/runs/{run}/cancel"), &none).await;
    leave_nobody(app, &run).await;
    app.post(&format!("/runs/{run}/verifications"), &json!({"level": "counts"})).await;
    decide(app, &of_export, &export).await;
    app.post("/instance/pause", &json!({"note": "Wrong segments."})).await;
    app.post("/instance/resume", &none).await;
    alert(app, &of_export, &run).await;
    app.put(&format!("{of_export}/schedule"), &json!({"kind": "manual"})).await;
    let off = json!({"exportIds": [export], "mode": "keepIndividual", "active": false});
    app.post("/schedules", &off).await;
    app.post("/runs", &json!({"scope": "all"})).await;
    let daily =
        json!({"active": true, "recurrence": "daily", "timezone": "UTC", "times": ["06:00"]});
    app.put("/schedule", &daily).await;
    app.post("/refreshes", &json!({"refreshId": "r1"})).await;
    app.post(&format!("{path}/detach"), &none).await;
    delete(&format!("{path}/export-user")).await;
    delete(&format!("/exports/{copy}")).await;
    delete(&path).await;
}

/// A channel, its messages, rules, and an alert that is open.
async fn alert(app: &TestApp, of_export: &str, run: &str) {
    let receiver = Receiver::start();
    let new = json!({"displayName": "Hook", "kind": "webhook", "url": receiver.url()});
    let path = format!("/channels/{}", text(&app.post("/channels", &new).await, "channelId"));
    let rename = app.request("Admin", Method::PATCH, &path).json(&json!({"displayName": "Other"}));
    good(rename.send().await.unwrap()).await;
    let tested = app.post(&format!("{path}/test"), &json!({})).await;
    let id = text(&tested["deliveries"][0], "deliveryId");
    app.post(&format!("{path}/deliveries/{id}/resend"), &json!({})).await;
    app.post(&format!("{path}/secret"), &json!({})).await;
    app.put("/alert-rules", &json!({"rules": []})).await;
    app.put(&format!("{of_export}/alert-rules"), &json!({"rules": []})).await;
    let id = open_alert(app, run).await;
    app.post(&format!("/alerts/{id}/acknowledge"), &json!({})).await;
    good(app.request("Admin", Method::DELETE, &path).send().await.unwrap()).await;
}

/// An alert as the notifier opens it.
async fn open_alert(app: &TestApp, run: &str) -> Uuid {
    let (instance, run) = (app.instance, Uuid::parse_str(run).unwrap());
    let (app, now, id) = (app.app(), db::now(), Uuid::now_v7());
    let mut tx = app.db.write().await.unwrap();
    let reason = json!({"code": "internal", "culprit": "system", "message": "It failed."});
    let insert = "INSERT INTO alerts (id, instance_id, kind, subject_id, subject_name, run_id, status, reason, told,
             opened_utc, last_utc, version)
         VALUES ($1, $2, 'runFailed', $3, 'People', $3, 'open', $4, $5, $6, $6, 1)";
    sql!(&mut tx, |db| {
        let insert = sqlx::query(insert).bind(id).bind(instance).bind(run).bind(Json(&reason));
        insert.bind(Json(json!({"ids": null}))).bind(now).execute(db).await.map(drop)
    })
    .unwrap();
    tx.commit().await.unwrap();
    id
}

/// A cancelled run that has nobody left to send.
async fn leave_nobody(app: &TestApp, run: &str) {
    let (app, id) = (app.app(), Uuid::parse_str(run).unwrap());
    let mut tx = app.db.write().await.unwrap();
    let update = "UPDATE runs SET selected = 0 WHERE id = $1";
    sql!(&mut tx, |db| sqlx::query(update).bind(id).execute(db).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

/// One run that waits for an approval is declined, and the next one approved.
async fn decide(app: &TestApp, of_export: &str, export: &str) {
    let any_editor = json!({"sync": {"brake": {"approver": "anyEditor"}}});
    let update = app.request("Admin", Method::PATCH, of_export).json(&any_editor);
    good(update.send().await.unwrap()).await;
    let declined = held(app, export).await;
    app.post(&format!("/runs/{declined}/decline"), &json!({"note": "A mistake."})).await;
    let approved = held(app, export).await;
    app.post(&format!("/runs/{approved}/approve"), &json!({"planHash": "0".repeat(64)})).await;
    app.post(&format!("/runs/{approved}/cancel"), &json!({})).await;
}

/// A run that waits for an approval, as a worker leaves it.
async fn held(app: &TestApp, export: &str) -> String {
    let run = app.start_run(export).await;
    let id = Uuid::parse_str(&run).unwrap();
    let plan = json!({"new": 1, "changed": 0, "unchanged": 0, "leavers": 0, "kept": 0, "returning": 0, "calls": 1,
        "estimatedSeconds": 1, "comparedWith": null, "limits": []});
    let (app, now) = (app.app(), db::now());
    let mut tx = app.db.write().await.unwrap();
    let hold = "UPDATE runs SET held_until = $2 WHERE id = $1";
    let hour = now + chrono::TimeDelta::hours(1);
    sql!(&mut tx, |db| sqlx::query(hold).bind(id).bind(hour).execute(db).await.map(drop)).unwrap();
    let insert = "INSERT INTO plans (run_id, plan, hash, baseline_version, edited_by, computed_utc)
        VALUES ($1, $2, $3, 0, '', $4)";
    sql!(&mut tx, |db| {
        let insert = sqlx::query(insert).bind(id).bind(Json(&plan)).bind("0".repeat(64)).bind(now);
        insert.execute(db).await.map(drop)
    })
    .unwrap();
    tx.commit().await.unwrap();
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_that_changes_something_leaves_an_event() {
    let app = oauth::start_with(&["--roles", "api", "--channels-allow-private"]).await;
    tour(&app).await;
    let events = events(&app, "&actor=Admin@example.com").await;
    let seen: BTreeSet<String> = events.iter().map(|event| text(event, "action")).collect();
    for (method, path) in changing_calls() {
        let action = Action::of_call(&method, &path);
        let action = action.unwrap_or_else(|| panic!("{method} {path} has no action in the audit"));
        assert!(seen.contains(action.as_str()), "{method} {path} left no event");
    }
    for event in &events {
        assert_eq!(event["outcome"], "success", "{event}");
        assert_eq!(event["actor"]["role"], "Admin", "{event}");
        assert!(event["object"]["id"].is_string(), "{event}");
        assert!(event["origin"]["requestId"].is_string(), "{event}");
        assert_eq!(event["origin"]["clientAddress"], "127.0.0.1", "{event}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refused_change_leaves_an_event() {
    let app = TestApp::start().await;
    let calls = changing_calls();
    for (method, path) in &calls {
        let path = path.replace("{id}", &app.instance.to_string()).replace("{name}", "People");
        let method = method.parse().unwrap();
        refused(app.request("Viewer", method, &path).send().await.unwrap(), 403).await;
    }
    let events = events(&app, "&actor=Viewer@example.com").await;
    assert_eq!(events.len(), calls.len());
    for ((method, path), event) in calls.iter().rev().zip(&events) {
        let action = Action::of_call(method, path).unwrap();
        assert_eq!(event["action"], action.as_str());
        assert_eq!((&event["outcome"], &event["status"]), (&json!("refused"), &json!(403)));
        assert_eq!(event["errorCode"], "forbidden");
        assert_eq!((&event["before"], &event["after"]), (&json!({}), &json!({})));
    }
}
