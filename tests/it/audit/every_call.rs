//! Every call of the document that changes something leaves an event, done or refused.

use std::collections::BTreeSet;

use reqwest::Method;
use segment_export::audit::Action;
use segment_export::sandbox::{API_KEY, CLIENT_ID};
use serde_json::json;

use super::events;
use crate::oauth;
use crate::support::{TestApp, good, people, refused, text};

const OF_INSTANCE: &str = "/v1/instances/{instanceId}";
/// Calls that change something by their method alone.
const CHANGE_NOTHING: [&str; 1] = ["preview_export"];

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
    let run = app.start_run(&export).await;
    app.post(&format!("/runs/{run}/cancel"), &none).await;
    app.post(&format!("/runs/{run}/verifications"), &json!({"level": "counts"})).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn every_call_that_changes_something_leaves_an_event() {
    let app = oauth::start_with(&["--roles", "api"]).await;
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
