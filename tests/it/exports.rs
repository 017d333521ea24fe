//! Exports and connections: their life, and what a caller is told before anything is sent.

use std::collections::HashSet;

use reqwest::Method;
use segment_export::sandbox::DOUBLE_OPT_IN_LIST_ID;
use serde_json::{Value, json};

use crate::support::{TestApp, good, people, refused, text};

/// “Enter your Campaign Monitor List ID.”
#[tokio::test(flavor = "multi_thread")]
async fn a_double_opt_in_list_is_warned_about_before_anything_is_sent() {
    let app = TestApp::start().await;
    app.segment("People", &people(3)).await;
    let connection = app.connection().await;
    let list = app.get(&format!("/connections/{connection}/lists/{DOUBLE_OPT_IN_LIST_ID}")).await;
    assert_eq!(list["warnings"][0]["code"], "doubleOptIn");

    let new = json!({"displayName": "To confirm", "connectionId": connection, "segments": ["People"],
        "listId": DOUBLE_OPT_IN_LIST_ID, "mapping": {"email": "Email"}});
    let export = app.post("/exports", &new).await;
    assert_eq!(export["warnings"][0]["code"], "doubleOptIn");

    let run = app.ended(&app.start_run(&text(&export, "exportId")).await).await;
    assert_eq!(run["warnings"][0]["code"], "doubleOptIn", "{run}");
}

/// “You have an Campaign Monitor account and corresponding administrator credentials.”
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_stops_the_run_and_the_connection_needs_attention_until_it_is_replaced() {
    let app = TestApp::start().await;
    app.segment("People", &people(3_000)).await;
    let connection = app.connection().await;
    let export = app.export(&connection).await;
    let refusal = json!({"status": {"status": 401, "code": 100}});
    app.faults(&json!([{"match": {"path": "import"}, "kind": refusal}])).await;

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!(run["status"], "failed", "{run}");
    assert_eq!(run["reason"]["code"], "credentialsRefused");
    assert_eq!(run["counts"]["remaining"], 3_000, "nothing was sent: {run}");
    let path = format!("/connections/{connection}");
    assert_eq!(app.get(&path).await["status"], "needsAttention");
    let start = app.request("Admin", Method::POST, &format!("/exports/{export}/runs"));
    let problem = refused(start.send().await.unwrap(), 409).await;
    assert_eq!(problem["errorCode"], "connectionNotConnected");

    app.faults(&json!([])).await;
    let key = json!({"kind": "apiKey", "apiKey": segment_export::sandbox::API_KEY});
    app.put(&format!("{path}/credentials"), &key).await;
    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!(run["status"], "successful", "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_detached_export_keeps_its_configuration_and_runs_again_when_attached() {
    let app = TestApp::start().await;
    app.segment("People", &people(2)).await;
    let connection = app.connection().await;
    let export = app.export(&connection).await;
    let path = format!("/exports/{export}");
    let before = app.get(&path).await;

    let detached = app.post(&format!("{path}/detach"), &json!({})).await;
    assert_eq!(detached["state"], "inactive");
    assert_eq!(detached["mapping"], before["mapping"]);
    let start = app.request("Admin", Method::POST, &format!("{path}/runs"));
    refused(start.send().await.unwrap(), 409).await;

    app.post(&format!("{path}/attach"), &json!({"connectionId": connection})).await;
    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!(run["status"], "successful", "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_is_an_export_of_its_own() {
    let app = TestApp::start().await;
    app.segment("People", &people(2)).await;
    let export = app.export(&app.connection().await).await;

    let copy = app.post(&format!("/exports/{export}/duplicate"), &json!({})).await;

    assert_ne!(copy["exportId"], export.as_str());
    let original = app.get(&format!("/exports/{export}")).await;
    assert_eq!(copy["mapping"], original["mapping"]);
    assert_ne!(copy["displayName"], original["displayName"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn paging_meets_every_item_once_while_others_are_added() {
    let app = TestApp::start().await;
    let add = async |n: usize| {
        let name = format!("Segment{n:03}");
        app.put(&format!("/segments/{name}"), &json!({"displayName": name})).await;
        name
    };
    let mut expected = HashSet::new();
    for n in 0..60 {
        expected.insert(add(n * 2).await);
    }
    let mut seen = Vec::new();
    let mut query = String::from("?limit=7");
    loop {
        let page = app.get(&format!("/segments{query}")).await;
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| text(item, "name")));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        query = format!("?limit=7&cursor={cursor}");
        add(seen.len() * 2 + 1).await;
    }
    let distinct: HashSet<String> = seen.iter().cloned().collect();
    assert_eq!(distinct.len(), seen.len(), "none comes twice");
    assert!(distinct.is_superset(&expected), "none is left out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_nobody_gave_out_is_refused() {
    let app = TestApp::start().await;
    let request = app.request("Admin", Method::GET, "/exports?cursor=tomorrow");
    let problem = refused(request.send().await.unwrap(), 400).await;
    assert_eq!(problem["errorCode"], "invalidCursor");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_change_leaves_out_stays_also_inside_the_mapping_the_options_and_the_schedule() {
    let app = TestApp::start().await;
    let export = app.export_of(3).await;
    let path = format!("/exports/{export}");
    let change = async |body: Value| {
        good(app.request("Admin", Method::PATCH, &path).json(&body).send().await.unwrap()).await
    };
    let custom = json!([{"field": "City", "key": "city"}]);
    let before = change(json!({"mapping": {"customFields": custom, "consentToTrack": "no"},
        "schedule": {"kind": "custom", "timezone": "Europe/Riga", "cron": ["0 6 * * *"]}}))
    .await;
    assert_eq!(before["mapping"]["email"], "Email", "{before}");

    let after = change(json!({"mapping": {"name": "City"}, "schedule": {"active": false}})).await;
    assert_eq!(after["mapping"]["name"], "City");
    for member in ["email", "customFields", "consentToTrack"] {
        assert_eq!(after["mapping"][member], before["mapping"][member], "{member}");
    }
    for member in ["kind", "timezone", "cron"] {
        assert_eq!(after["schedule"][member], before["schedule"][member], "{member}");
    }
    assert_eq!(after["schedule"]["active"], false);
    assert_eq!(change(json!({"options": {}})).await["options"], before["options"]);

    let without = change(json!({"mapping": {"name": null}, "schedule": {"kind": "manual"}})).await;
    assert_eq!(without["mapping"].get("name"), None, "null takes it out");
    assert_eq!(without["schedule"].get("cron"), None, "times belong to the kind custom");
    let nothing =
        app.request("Admin", Method::PATCH, &path).json(&json!({"mapping": {"email": null}}));
    assert_eq!(
        refused(nothing.send().await.unwrap(), 400).await["errors"][0]["pointer"],
        "/mapping/email"
    );
}
