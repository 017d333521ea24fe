//! The audit: every change and every refusal leaves an event that says who, what, when and from where.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use reqwest::Method;
use segment_export::audit::{self, Action};
use segment_export::campaign_monitor::sandbox::{API_KEY, LIST_ID};
use segment_export::db;
use serde_json::{Value, json};

use crate::oauth;
use crate::support::{TestApp, good, people, refused, text};

const OF_INSTANCE: &str = "/v1/instances/{instanceId}";
/// Calls that change something by their method alone.
const CHANGE_NOTHING: [&str; 1] = ["preview_export"];

/// Every call of the document that changes something: method and address below the instance.
fn changing_calls() -> Vec<(String, String)> {
    let document = serde_json::to_value(segment_export::http::document()).unwrap();
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

async fn events(app: &TestApp, query: &str) -> Vec<Value> {
    let page = app.get(&format!("/audit-events?limit=200{query}")).await;
    assert_eq!(page["nextCursor"], Value::Null);
    page["items"].as_array().unwrap().clone()
}

/// Everything that can be done, done once.
async fn tour(app: &TestApp) {
    let none = json!({});
    app.segment("People", &people(3)).await;
    app.put("/segments/Spare", &json!({"displayName": "Spare"})).await;
    let delete = async |path: &str| {
        good(app.request("Admin", Method::DELETE, path).send().await.unwrap()).await
    };
    delete("/segments/Spare").await;
    let connection = app.connection().await;
    let path = format!("/connections/{connection}");
    let rename =
        app.request("Admin", Method::PATCH, &path).json(&json!({"displayName": "Renamed"}));
    good(rename.send().await.unwrap()).await;
    app.put(&format!("{path}/credentials"), &json!({"kind": "apiKey", "apiKey": API_KEY})).await;
    app.post(&format!("{path}/verify"), &none).await;
    app.post(&format!("{path}/authorize"), &none).await;
    let export = app.export(&connection).await;
    let of_export = format!("/exports/{export}");
    let copy = text(&app.post(&format!("{of_export}/duplicate"), &none).await, "exportId");
    let update = app
        .request("Admin", Method::PATCH, &of_export)
        .json(&json!({"options": {"resubscribe": true}}));
    good(update.send().await.unwrap()).await;
    app.post(&format!("{of_export}/detach"), &none).await;
    app.post(&format!("{of_export}/attach"), &json!({"connectionId": connection})).await;
    let run = app.start_run(&export).await;
    app.post(&format!("/runs/{run}/cancel"), &none).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_recorded_whatever_refused_it_and_changes_nothing() {
    let app = TestApp::start().await;
    let path = format!("/connections/{}", app.connection().await);
    let call = |method: Method, path: &str, body: &Value| {
        app.request("Admin", method, path).json(body).send()
    };
    let none = json!({});
    let new = json!({"displayName": "x", "type": "campaignMonitor"});
    refused(call(Method::POST, "/connections", &new).await.unwrap(), 422).await;
    refused(call(Method::PATCH, &path, &json!({"colour": 1})).await.unwrap(), 400).await;
    let stale = app.request("Admin", Method::PATCH, &path).header("If-Match", "\"1\"").json(&none);
    refused(stale.send().await.unwrap(), 412).await;
    refused(
        call(Method::POST, &format!("/exports/{}/runs", app.instance), &none).await.unwrap(),
        404,
    )
    .await;
    let refusals = events(&app, "").await;
    let refusals: Vec<_> = refusals.iter().filter(|event| event["outcome"] == "refused").collect();
    let told: Vec<_> =
        refusals.iter().map(|event| (text(event, "action"), text(event, "errorCode"))).collect();
    let expected = [
        ("export.startRun", "notFound"),
        ("connection.update", "changed"),
        ("connection.update", "invalidRequest"),
        ("connection.create", "consentRequired"),
    ];
    assert_eq!(told, expected.map(|(action, code)| (action.to_owned(), code.to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_refusals_leaves_a_bounded_number_of_events_and_the_last_one_says_so() {
    let app = TestApp::start_with(&["--max-audited-refusals", "5"]).await;
    for _ in 0..20 {
        refused(
            app.request("Viewer", Method::DELETE, "/segments/People").send().await.unwrap(),
            403,
        )
        .await;
    }
    let events = events(&app, "&action=segment.remove").await;
    assert!(
        (5..=10).contains(&events.len()),
        "a minute may have ended in between: {}",
        events.len()
    );
    assert_eq!(
        events.iter().filter(|event| event["moreLeftOut"] == true).count(),
        events.len() / 5
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_shows_what_changed_and_never_a_secret() {
    let app = TestApp::start().await;
    let connection = app.connection().await;
    let path = format!("/connections/{connection}");
    let body = json!({"displayName": "After", "allowedRoles": "adminsAndContributors"});
    let old = app.get(&path).await;
    good(app.request("Admin", Method::PATCH, &path).json(&body).send().await.unwrap()).await;
    app.put(
        &format!("{path}/credentials"),
        &json!({"kind": "apiKey", "apiKey": "another-account-word"}),
    )
    .await;

    let events = events(&app, &format!("&objectId={connection}")).await;

    let [replaced, renamed, export_user, created] = &events[..] else { panic!("{events:?}") };
    assert_eq!(
        renamed["before"],
        json!({"displayName": old["displayName"], "allowedRoles": "admins"})
    );
    assert_eq!(
        renamed["after"],
        json!({"displayName": "After", "allowedRoles": "adminsAndContributors"})
    );
    assert_eq!(renamed["object"], json!({"kind": "connection", "id": connection, "name": "After"}));
    assert_eq!(replaced["after"]["credential"]["lastFour"], "word");
    assert_eq!(export_user["after"]["exportUser"]["subject"], "Admin@example.com");
    assert_eq!(created["before"], json!({}));
    assert!(!json!(events).to_string().contains("account-"), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn detaching_all_exports_of_a_connection_tells_of_each() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    let connection = app.connection().await;
    let export = app.export(&connection).await;
    app.post(&format!("/connections/{connection}/detach"), &json!({})).await;
    let events = events(&app, &format!("&objectId={export}")).await;
    assert_eq!(events[0]["action"], "export.detach");
    assert_eq!(events[0]["before"], json!({"connectionId": connection}));
    assert_eq!(events[0]["after"], json!({"connectionId": null}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_not_made_leaves_no_event_of_success() {
    let app = TestApp::start().await;
    let connection = app.connection().await;
    let body = json!({"displayName": "No segment", "connectionId": connection, "listId": LIST_ID,
        "segments": ["Nowhere"], "mapping": {"email": "Email"}});
    refused(app.request("Admin", Method::POST, "/exports").json(&body).send().await.unwrap(), 422)
        .await;
    let events = events(&app, "&action=export.create").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["errorCode"], "unprocessable");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_found_by_every_filter_and_comes_as_json_csv_and_lines() {
    let app = TestApp::start().await;
    let connection = app.connection().await;
    app.segment("People", &people(1)).await;
    let count = async |query: &str| events(&app, query).await.len();
    assert_eq!(count("").await, 4);
    assert_eq!(count("&actor=nobody").await, 0);
    assert_eq!(count("&action=connection.create").await, 1);
    assert_eq!(count("&objectId=People").await, 2);
    assert_eq!(count("&fromUtc=2020-01-01T00:00:00Z").await, 4);
    assert_eq!(count("&toUtc=2020-01-01T00:00:00Z").await, 0);
    refused(
        app.request("Admin", Method::GET, "/audit-events?action=tea").send().await.unwrap(),
        400,
    )
    .await;
    let as_text = async |media: &str| {
        let request = app.request("Admin", Method::GET, "/audit-events").header("Accept", media);
        request.send().await.unwrap().text().await.unwrap()
    };
    let lines = as_text("application/x-ndjson").await;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, events(&app, "").await);
    let csv = as_text("text/csv").await;
    assert_eq!(csv.lines().count(), 5, "{csv}");
    assert!(csv.starts_with("auditEventId,") && csv.contains(&connection), "{csv}");
    let first = app.get("/audit-events?limit=3").await;
    let rest =
        app.get(&format!("/audit-events?limit=3&cursor={}", text(&first, "nextCursor"))).await;
    assert_eq!(rest["items"].as_array().unwrap(), &lines[3..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_spreadsheet_would_take_for_a_formula_is_a_text_in_the_csv_of_the_audit() {
    let app = TestApp::start().await;
    app.put("/segments/People", &json!({"displayName": "=1+1"})).await;
    assert_eq!(events(&app, "").await[0]["object"]["name"], "=1+1");
    let request = app.request("Admin", Method::GET, "/audit-events").header("Accept", "text/csv");
    let csv = request.send().await.unwrap().text().await.unwrap();
    assert!(csv.contains(",People,'=1+1,success,"), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_has_the_trace_of_its_call() {
    let mut app = TestApp::start().await;
    app.stop_service().await;
    app.start_process().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let call = app.request("Admin", Method::PUT, "/segments/People");
    let call = call.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    good(call.json(&json!({"displayName": "People"})).send().await.unwrap()).await;
    assert_eq!(events(&app, "").await[0]["traceId"], trace);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_read_the_audit() {
    let app = TestApp::start().await;
    for role in ["Viewer", "Contributor"] {
        refused(app.request(role, Method::GET, "/audit-events").send().await.unwrap(), 403).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_removed_once_it_has_outlived_its_age_and_not_before() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    let forget = async |before: db::Time| {
        let mut tx = app.app().db.write().await.unwrap();
        let removed = audit::store::forget(&mut tx, before, 10).await.unwrap();
        tx.commit().await.unwrap();
        removed
    };
    assert_eq!(forget(db::now() - TimeDelta::days(1)).await, 0);
    assert_eq!(forget(db::now() + TimeDelta::seconds(1)).await, 2);
    assert_eq!(events(&app, "").await, Vec::<Value>::new());
}

#[test]
fn no_statement_changes_an_event_and_only_its_age_removes_it() {
    let mut removals = 0;
    for file in sources("src".as_ref()) {
        let words = std::fs::read_to_string(&file).unwrap();
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!words.contains("UPDATE audit_events"), "{}", file.display());
        removals += words.matches("DELETE FROM audit_events").count();
    }
    assert_eq!(removals, 1, "only audit::store::forget removes events");
}

fn sources(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_and_the_end_of_its_access_are_in_the_audit_without_secrets() {
    let app = oauth::start_with(&[]).await;
    let id = oauth::unconnected(&app, "Newsletter").await;
    let denied = oauth::authorize(&app, &id).await;
    let denied = oauth::browser().post(denied).form(&[("decision", "deny")]).send().await.unwrap();
    oauth::come_back(&app, &oauth::location(&denied)).await;
    let returned = oauth::agree(oauth::authorize(&app, &id).await).await;
    oauth::come_back(&app, &returned).await;
    app.order(Method::POST, "oauth/revoke", &json!({})).await;
    for _ in 0..2 {
        app.post(&format!("/connections/{id}/verify"), &json!({})).await;
    }

    let sign_ins = events(&app, "&action=connection.signIn").await;
    let [done, denied] = sign_ins.as_slice() else { panic!("{sign_ins:?}") };
    assert_eq!((&denied["outcome"], &denied["status"]), (&json!("refused"), &json!(403)));
    assert_eq!(denied["errorCode"], "accessDenied");
    assert_eq!(done["outcome"], "success");
    assert_eq!(done["actor"]["subject"], "Admin@example.com");
    assert_eq!(done["origin"]["clientAddress"], "127.0.0.1");
    assert_eq!(
        (&done["object"]["id"], &done["object"]["name"]),
        (&json!(id), &json!("Newsletter"))
    );
    assert_eq!(done["before"], json!({"status": "pendingAuthentication"}));
    assert_eq!(done["after"]["credential"]["kind"], "oauth");

    let refused = events(&app, "&action=connection.refuse").await;
    let [refused] = refused.as_slice() else { panic!("it is news once: {refused:?}") };
    assert_eq!(refused["actor"]["subject"], "session");
    assert_eq!(refused["after"]["status"], "needsAttention");

    let all = serde_json::to_string(&events(&app, "").await).unwrap();
    for secret in ["state", "code"] {
        let secret = oauth::parameter(&returned, secret).unwrap();
        assert!(!all.contains(&secret), "{all}");
    }
}
