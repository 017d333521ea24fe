//! Every read of personal data leaves an event, before the data goes out.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use reqwest::Method;
use segment_export::audit::Action;
use serde_json::{Value, json};

use super::chain::{QUIET, execute, verify};
use super::events;
use crate::support::{TestApp, good, people, refused, text};

/// A run with one rejected profile, its export, and the segment `People`.
async fn rejected() -> (TestApp, String, String) {
    let app = TestApp::start().await;
    let csv = people(2) + "7,not an address,Riga\n";
    app.segment("People", &csv).await;
    let export = app.export(&app.connection().await).await;
    let run = app.start_run(&export).await;
    app.ended(&run).await;
    (app, export, run)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_of_personal_data_leaves_an_event_that_says_who_what_and_from_where() {
    let (app, export, run) = rejected().await;
    let path = format!("/runs/{run}/rejections");
    app.get(&path).await;
    for media in ["text/csv", "application/x-ndjson"] {
        let call = app.request("Contributor", Method::GET, &path).header("Accept", media);
        assert!(call.send().await.unwrap().text().await.unwrap().contains("not an address"));
    }
    app.request("Admin", Method::HEAD, &path).send().await.unwrap();
    app.get("/segments/People/members?limit=2").await;
    app.post(&format!("/exports/{export}/preview"), &json!({})).await;

    let reads = events(&app, &format!("&objectId={run}&action=run.readRejections")).await;
    let told: Vec<_> = reads.iter().rev().map(|event| event["after"].clone()).collect();
    let form = |format: &str, rows: Value| json!({"format": format, "outcome": null, "rows": rows});
    let json_page = form("json", json!(1));
    let expected =
        [json_page.clone(), form("csv", Value::Null), form("ndjson", Value::Null), json_page];
    assert_eq!(told, expected);
    let who = |event: &Value| text(&event["actor"], "subject");
    assert_eq!(
        reads.iter().rev().map(who).collect::<Vec<_>>(),
        [
            "Admin@example.com",
            "Contributor@example.com",
            "Contributor@example.com",
            "Admin@example.com"
        ]
    );
    let members = &events(&app, "&action=segment.readMembers").await[0];
    let object = json!({"kind": "segment", "id": "People", "name": "People"});
    assert_eq!((&members["object"], &members["after"]), (&object, &json!({"rows": 2})));
    let preview = &events(&app, "&action=export.preview").await[0];
    assert_eq!(preview["object"]["id"], json!(export));
    for event in reads.iter().chain([members, preview]) {
        assert_eq!(event["outcome"], "success");
        assert_eq!(event["origin"]["clientAddress"], "127.0.0.1");
        assert!(event["origin"]["requestId"].is_string(), "{event}");
    }
    let all = json!(events(&app, "").await).to_string();
    assert!(!all.contains("not an address") && !all.contains("person1@"), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_cannot_be_recorded_is_refused() {
    let (app, export, run) = rejected().await;
    execute(&app, "DELETE FROM audit_chain_head").await.unwrap();
    for list in ["rejections", "value-problems"] {
        let path = format!("/runs/{run}/{list}");
        for media in ["application/json", "text/csv", "application/x-ndjson"] {
            let call = app.request("Admin", Method::GET, &path).header("Accept", media);
            let problem = refused(call.send().await.unwrap(), 500).await;
            assert!(!problem.to_string().contains("not an address"), "{problem}");
        }
    }
    let members = app.request("Admin", Method::GET, "/segments/People/members");
    refused(members.send().await.unwrap(), 500).await;
    let preview = app.request("Admin", Method::POST, &format!("/exports/{export}/preview"));
    refused(preview.send().await.unwrap(), 500).await;
    app.get(&format!("/runs/{run}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_end_of_the_audit_is_put_back_as_the_runbook_says() {
    let app = TestApp::start_with(QUIET).await;
    app.segment("People", &people(1)).await;
    execute(&app, "DELETE FROM audit_chain_head").await.unwrap();
    let change = app.request("Admin", Method::DELETE, "/segments/People");
    refused(change.send().await.unwrap(), 500).await;
    for statement in runbook("## The end of the audit is gone") {
        execute(&app, &statement).await.unwrap();
    }
    app.segment("People", &people(2)).await;
    let report = verify(&app, None).await;
    assert!(report.is_clean(), "{report}");
}

/// The statements that a section of the runbooks says to run.
fn runbook(section: &str) -> Vec<String> {
    let page = include_str!("../../../docs/RUNBOOKS.md");
    let section = page.split(section).nth(1).unwrap().split("\n## ").next().unwrap();
    let lines = section.lines().filter_map(|line| line.strip_prefix("      "));
    lines.collect::<String>().split_inclusive(';').map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_at_the_same_moment_are_recorded_together_and_none_is_lost() {
    let app = TestApp::start_with(&[QUIET, &["--max-member-reads", "100"]].concat()).await;
    app.segment("People", &people(1)).await;
    let reads = (0..150).map(|_| async {
        let call = app.request("Contributor", Method::GET, "/segments/People/members");
        good(call.send().await.unwrap()).await
    });
    stream::iter(reads).buffer_unordered(30).collect::<Vec<_>>().await;
    let events = events(&app, "&action=segment.readMembers").await;
    assert_eq!(events.len(), 150);
    let ids: BTreeSet<_> =
        events.iter().map(|event| event["origin"]["requestId"].to_string()).collect();
    assert_eq!(ids.len(), 150);
    let report = verify(&app, None).await;
    assert!(report.is_clean(), "{report}");
}

/// The names of all properties of a schema, and of the schemas in it.
fn names(document: &Value, value: &Value, seen: &mut BTreeSet<String>) {
    if let Some(schema) = value["$ref"].as_str() {
        if seen.insert(schema.to_owned()) {
            names(document, document.pointer(&schema[1..]).unwrap(), seen);
        }
        return;
    }
    if let Some(properties) = value["properties"].as_object() {
        seen.extend(properties.keys().cloned());
    }
    let inner: Vec<&Value> = match value {
        Value::Object(members) => members.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => vec![],
    };
    for inner in inner {
        names(document, inner, seen);
    }
}

#[test]
fn every_call_that_answers_members_or_customer_ids_has_an_action() {
    let document = serde_json::to_value(segment_export::server::document()).unwrap();
    let mut found = vec![];
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(path) = path.strip_prefix("/v1/instances/{instanceId}") else { continue };
        for (method, operation) in item.as_object().unwrap() {
            let mut seen = BTreeSet::new();
            names(&document, &operation["responses"]["200"], &mut seen);
            let is_personal = seen.contains("customerId")
                || seen.contains("requestBody")
                || seen.iter().any(|name| name.ends_with("/MembersView"));
            if is_personal {
                let action = Action::of_call(&method.to_uppercase(), path);
                found.push(
                    action.unwrap_or_else(|| panic!("{method} {path} has no action in the audit")),
                );
            }
        }
    }
    let expected = [
        Action::ExportPreviewDraft,
        Action::ExportReadFeedback,
        Action::ExportReadMembers,
        Action::ExportPreview,
        Action::ExportTest,
        Action::PeopleSearch,
        Action::RunReadRejections,
        Action::RunReadRequests,
        Action::RunReadValueProblems,
        Action::RunReadDifferences,
        Action::SegmentReadMembers,
    ];
    assert_eq!(found, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_read_of_personal_data_leaves_an_event_too() {
    let app = TestApp::start_with(QUIET).await;
    let call = app.request("Viewer", Method::GET, "/segments/People/members");
    refused(call.send().await.unwrap(), 403).await;
    let event = &events(&app, "").await[0];
    assert_eq!(
        (text(event, "action"), text(event, "errorCode")),
        ("segment.readMembers".into(), "forbidden".into())
    );
}
