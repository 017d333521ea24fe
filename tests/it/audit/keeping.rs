//! Events are read by administrators, and kept until they have outlived their age.

use chrono::TimeDelta;
use reqwest::Method;
use segment_export::{audit, db};
use serde_json::{Value, json};

use super::events;
use crate::support::{TestApp, people, refused, text};

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
        let removed = audit::retention::remove_expired(&mut tx, before, 10).await.unwrap();
        tx.commit().await.unwrap();
        removed
    };
    assert_eq!(forget(db::now() - TimeDelta::days(1)).await, 0);
    assert_eq!(forget(db::now() + TimeDelta::days(1)).await, 0, "that time has not come");
    assert_eq!(forget(db::now()).await, 2);
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
    assert_eq!(removals, 1, "only audit::store::remove_before removes events");
}

fn sources(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}
