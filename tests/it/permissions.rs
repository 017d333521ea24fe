//! Who may call what: every operation of the `OpenAPI` document, by every kind of caller.

mod things;

use reqwest::{Method, Response};
use serde_json::json;
use uuid::Uuid;

use crate::oauth;
use crate::support::document::{Operation, operations};
use crate::support::{TestApp, good, people, refused};
use Rule::{Admins, Contributors, ContributorsIfShared, Everyone, Operators, Viewers};
use things::Things;

/// Who may call an operation; each role may do all that the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rule {
    /// No token is needed.
    Everyone,
    Viewers,
    Contributors,
    /// Contributors only over connections shared with them.
    ContributorsIfShared,
    Admins,
    /// A role of its own, over all instances.
    Operators,
}

/// One line an operation. An operation that is not here fails the tests: decide who may call it.
const TABLE: &[(&str, Rule)] = &[
    ("list_connections", Contributors),
    ("create_connection", Admins),
    ("get_connection", ContributorsIfShared),
    ("update_connection", Admins),
    ("delete_connection", Admins),
    ("set_credentials", Admins),
    ("add_export_user", Admins),
    ("remove_export_user", Admins),
    ("verify_connection", Admins),
    ("get_consent_text", Viewers),
    ("browse_lists", ContributorsIfShared),
    ("get_list", ContributorsIfShared),
    ("create_list", ContributorsIfShared),
    ("create_field", ContributorsIfShared),
    ("list_connection_exports", Admins),
    ("detach_connection", Admins),
    ("list_segments", Viewers),
    ("get_segment", Viewers),
    ("put_segment", Contributors),
    ("update_segment", Contributors),
    ("delete_segment", Contributors),
    ("inspect_segment", Contributors),
    ("get_members", Contributors),
    ("put_members", Contributors),
    ("list_segment_exports", Viewers),
    ("list_exports", Viewers),
    ("create_export", ContributorsIfShared),
    ("get_export", Viewers),
    ("update_export", ContributorsIfShared),
    ("delete_export", ContributorsIfShared),
    ("duplicate_export", ContributorsIfShared),
    ("detach_export", ContributorsIfShared),
    ("attach_export", ContributorsIfShared),
    ("start_run", ContributorsIfShared),
    ("list_runs", Viewers),
    ("get_run", Viewers),
    ("cancel_run", ContributorsIfShared),
    ("get_plan", Viewers),
    ("approve_run", ContributorsIfShared),
    ("decline_run", ContributorsIfShared),
    ("follow_run", Viewers),
    ("issue_event_ticket", Viewers),
    ("list_batches", Viewers),
    ("list_rejections", Contributors),
    ("list_value_problems", Contributors),
    ("get_timeline", Viewers),
    ("list_requests", Contributors),
    ("get_receipt", Viewers),
    ("start_verification", ContributorsIfShared),
    ("list_verifications", Viewers),
    ("list_differences", Contributors),
    ("list_public_keys", Everyone),
    ("authorize_connection", Admins),
    ("preview_export", ContributorsIfShared),
    ("preview_draft", ContributorsIfShared),
    ("test_export", ContributorsIfShared),
    ("list_known_members", Contributors),
    ("set_export_schedule", ContributorsIfShared),
    ("change_schedules", ContributorsIfShared),
    ("list_expectations", Viewers),
    ("run_all_exports", Contributors),
    ("get_schedule", Admins),
    ("put_schedule", Admins),
    ("report_refresh", Admins),
    ("search_people", Contributors),
    ("list_feedback", ContributorsIfShared),
    ("list_readmissions", Contributors),
    ("put_readmission", ContributorsIfShared),
    ("delete_readmission", ContributorsIfShared),
    ("get_instance", Viewers),
    ("get_retention", Viewers),
    ("pause_instance", Admins),
    ("resume_instance", Admins),
    ("start_erasure", Admins),
    ("list_erasures", Admins),
    ("get_erasure", Admins),
    ("get_erasure_receipt", Admins),
    ("lift_tombstones", Admins),
    ("list_channels", Admins),
    ("create_channel", Admins),
    ("get_channel", Admins),
    ("update_channel", Admins),
    ("delete_channel", Admins),
    ("test_channel", Admins),
    ("replace_secret", Admins),
    ("list_deliveries", Admins),
    ("resend_delivery", Admins),
    ("get_alert_rules", Viewers),
    ("put_alert_rules", Admins),
    ("get_export_alert_rules", Viewers),
    ("put_export_alert_rules", ContributorsIfShared),
    ("list_alerts", Viewers),
    ("get_alert", Viewers),
    ("acknowledge_alert", Contributors),
    ("list_audit_events", Admins),
    ("get_overview", Operators),
    ("list_observed_instances", Operators),
    ("list_observed_runs", Operators),
    // The browser of somebody who comes back from Campaign Monitor.
    ("finish_sign_in", Everyone),
    ("livez", Everyone),
    ("readyz", Everyone),
    ("metrics", Everyone),
];

fn rule(operation: &Operation) -> Rule {
    let line = TABLE.iter().find(|(id, _)| *id == operation.id);
    line.unwrap_or_else(|| panic!("{} is not in the table: who may call it?", operation.id)).1
}

impl Rule {
    /// The least role, as the document names it.
    const fn role(self) -> &'static str {
        match self {
            Everyone => "",
            Viewers => "Viewer",
            Contributors | ContributorsIfShared => "Contributor",
            Admins => "Admin",
            Operators => "Operator",
        }
    }
}

const ROLES: [&str; 3] = ["Viewer", "Contributor", "Admin"];

fn may(role: &str, least: &str) -> bool {
    let rank = |name: &str| ROLES.iter().position(|role| *role == name);
    rank(role) >= rank(least)
}

#[test]
fn the_document_says_the_role_of_the_table() {
    let operations = operations();
    for operation in &operations {
        assert_eq!(operation.role, rule(operation).role(), "{}", operation.id);
    }
    for (id, _) in TABLE {
        let is_there = operations.iter().any(|operation| operation.id == *id);
        assert!(is_there, "{id} is in the table, but no operation");
    }
}

/// “For more information, see Permissions needed to configure an export.”
#[tokio::test(flavor = "multi_thread")]
async fn every_operation_admits_whom_the_table_names_and_nobody_else() {
    let app = TestApp::start().await;
    let own = app.instance.to_string();
    for operation in operations() {
        let (id, rule) = (&operation.id, rule(&operation));
        let anonymous = call(&app, &operation, &own, None).await;
        let forged = call(&app, &operation, &own, Some("no.such.token")).await;
        if rule == Everyone {
            assert!(![401, 403].contains(&anonymous.status().as_u16()), "{id}");
            continue;
        }
        assert_eq!(anonymous.status(), 401, "{id} without a token");
        assert_eq!(forged.status(), 401, "{id} with a bad token");
        if rule == Operators {
            admits_operators_alone(&app, &operation).await;
            continue;
        }
        let operator = TestApp::token_for("Operator", "*");
        let operator = call(&app, &operation, &own, Some(&operator)).await;
        assert_eq!(operator.status(), 403, "{id} as an operator");
        for role in ROLES {
            let token = TestApp::token_for(role, &own);
            let elsewhere = Uuid::now_v7().to_string();
            let other = call(&app, &operation, &elsewhere, Some(&token)).await;
            assert_eq!(other.status(), 404, "{id} in another instance, as {role}");
            let here = call(&app, &operation, &own, Some(&token)).await;
            if may(role, rule.role()) {
                assert!(![401, 403].contains(&here.status().as_u16()), "{id} as {role}: {here:?}");
            } else {
                assert_eq!(here.status(), 403, "{id} as {role}");
            }
        }
    }
}

/// An operator sees all instances or none: a token for some of them opens nothing.
async fn admits_operators_alone(app: &TestApp, operation: &Operation) {
    let own = app.instance.to_string();
    for (role, instances, status) in [
        ("Operator", "*", 200),
        ("Operator", own.as_str(), 403),
        ("Admin", "*", 403),
        ("Viewer", "*", 403),
    ] {
        let token = TestApp::token_for(role, instances);
        let answer = call(app, operation, &own, Some(&token)).await;
        assert_eq!(answer.status(), status, "{} as {role} of {instances}", operation.id);
    }
}

/// Calls an operation on things that are not there, without a body: nothing comes of it.
async fn call(
    app: &TestApp,
    operation: &Operation,
    instance: &str,
    token: Option<&str>,
) -> Response {
    let path = operation.path.replace("{instanceId}", instance);
    let path = fill(&path, &Uuid::now_v7().to_string());
    let request = app.anonymous(operation.method.clone(), path.trim_start_matches('/'));
    let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
    request.send().await.unwrap()
}

/// Puts an id, or a name that is taken from it, into every place of a path.
fn fill(path: &str, id: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{name}" => format!("N{}", id.replace('-', "")),
        "{listId}" => "a58ee1d3039b8bec838e6d1482a8a965".to_owned(),
        part if part.starts_with('{') => id.to_owned(),
        part => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn contributors_use_a_connection_only_while_it_is_shared_with_them() {
    let app = TestApp::start().await;
    app.segment("HighValue", &people(1)).await;
    let guarded: Vec<_> = operations()
        .into_iter()
        .filter(|operation| rule(operation) == ContributorsIfShared)
        .collect();
    for operation in &guarded {
        let things = Things::make(&app).await;
        let refused = things.call(&app, operation).await;
        assert!([403, 404, 422].contains(&refused.0), "{}: {refused:?}", operation.id);
        things.share(&app).await;
        let allowed = things.call(&app, operation).await;
        // A run may have ended before it is cancelled.
        let needs_open_run = ["cancel_run", "approve_run", "decline_run"];
        let is_allowed =
            allowed.0 < 300 || needs_open_run.contains(&&*operation.id) && allowed.0 == 409;
        assert!(is_allowed, "{}: {allowed:?}", operation.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_instance_has_is_not_there_under_any_address_of_ones_own() {
    let app = oauth::start_with(&[]).await;
    app.segment("HighValue", &people(1)).await;
    let things = Things::make(&app).await;
    things.share(&app).await;
    let paths = [
        format!("/connections/{}", things.connection),
        format!("/exports/{}", things.export),
        format!("/runs/{}", things.run),
        "/segments/HighValue".to_owned(),
    ];
    let before = futures::future::join_all(paths.iter().map(|path| app.get(path))).await;
    let elsewhere = Uuid::now_v7().to_string();
    let of_one_thing = |operation: &Operation| {
        // Whoever registers a segment takes a name of their own instance.
        let names_it = operation.path.contains("{id}") || operation.path.contains("{name}");
        operation.is_of_instance() && names_it && operation.id != "put_segment"
    };
    let operations: Vec<_> = operations().into_iter().filter(of_one_thing).collect();
    assert!(operations.len() > 25);
    for operation in operations {
        let (status, body) = things.call_in(&app, &elsewhere, "Admin", &operation).await;
        assert_eq!(status, 404, "{}: {body}", operation.id);
    }
    let after = futures::future::join_all(paths.iter().map(|path| app.get(path))).await;
    assert_eq!(after, before, "nothing was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_instance_has_cannot_be_named_in_a_body_or_a_filter() {
    let app = TestApp::start().await;
    app.segment("HighValue", &people(1)).await;
    let things = Things::make(&app).await;
    let elsewhere = Uuid::now_v7().to_string();
    let token = TestApp::token_for("Admin", &elsewhere);
    let request = |method, below: &str| {
        app.anonymous(method, &format!("v1/instances/{elsewhere}{below}")).bearer_auth(&token)
    };
    let segment = json!({"displayName": "Of the same name"});
    good(request(Method::PUT, "/segments/HighValue").json(&segment).send().await.unwrap()).await;
    let change = json!({"exportIds": [things.export], "mode": "keepIndividual", "active": false});
    for (path, body, code) in [
        ("/exports", Things::new_export(&things.connection), "unknownConnection"),
        ("/schedules", change, "unknownExport"),
    ] {
        let answer = request(Method::POST, path).json(&body).send().await.unwrap();
        assert_eq!(refused(answer, 422).await["errors"][0]["code"], code);
    }
    for filter in [
        format!("/exports?connectionId={}", things.connection),
        "/exports?segment=HighValue".to_owned(),
        format!("/runs?exportId={}", things.export),
        format!("/audit-events?objectId={}", things.export),
    ] {
        let found = good(request(Method::GET, &filter).send().await.unwrap()).await;
        assert_eq!(found["items"], json!([]), "{filter}");
    }
}
