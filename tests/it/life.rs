//! The life of an export: how it is found, detached, attached, copied and removed, and what that does to its runs.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::support::{TestApp, good, people, refused, text};

/// An export of 20,000 profiles, and its run, which takes long.
async fn with_long_run(app: &TestApp) -> (String, String) {
    let export = app.export_of(20_000).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 500}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["status"] == "running").await;
    (export, run)
}

async fn delete(app: &TestApp, path: &str) {
    good(app.request("Admin", Method::DELETE, path).send().await.unwrap()).await;
}

async fn names(app: &TestApp, path: &str) -> Vec<String> {
    let list = app.get(path).await;
    list["items"].as_array().unwrap().iter().map(|item| text(item, "displayName")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_export_is_gone_its_open_run_ends_and_its_runs_stay_as_history() {
    let app = TestApp::start().await;
    let (export, run) = with_long_run(&app).await;

    delete(&app, &format!("/exports/{export}")).await;

    let path = format!("/exports/{export}");
    refused(app.request("Admin", Method::GET, &path).send().await.unwrap(), 404).await;
    let run = app.ended(&run).await;
    assert_eq!(
        (&run["status"], &run["reason"]["code"]),
        (&json!("canceled"), &json!("canceledByUser"))
    );
    let message = text(&run["reason"], "message");
    assert!(message.contains("Admin@example.com, who removed the export."), "{message}");
    let history = app.get(&format!("/runs?exportId={export}")).await;
    assert_eq!(history["items"].as_array().unwrap().len(), 1);
}

/// “Your Dynamics 365 Customer Insights Administrator can remove this export destination at any time to
/// discontinue use of this functionality.”
#[tokio::test(flavor = "multi_thread")]
async fn a_detached_export_is_inactive_its_open_run_ends_and_it_starts_no_other() {
    let app = TestApp::start().await;
    let (export, run) = with_long_run(&app).await;
    let path = format!("/exports/{export}");

    let detached = app.post(&format!("{path}/detach"), &json!({})).await;

    assert_eq!((&detached["state"], &detached["connectionId"]), (&json!("inactive"), &Value::Null));
    let run = app.ended(&run).await;
    assert_eq!(run["status"], "canceled");
    let message = text(&run["reason"], "message");
    assert!(message.contains("who took the connection from the export."), "{message}");
    let start = app.request("Admin", Method::POST, &format!("{path}/runs"));
    assert_eq!(refused(start.send().await.unwrap(), 409).await["errorCode"], "exportInactive");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_goes_to_another_connection_leaves_no_run_over_the_old_one() {
    let app = TestApp::start().await;
    let (export, run) = with_long_run(&app).await;
    let path = format!("/exports/{export}");
    let mut old = text(&app.get(&path).await, "connectionId");
    let mut run = run;
    for (method, below) in [(Method::PATCH, ""), (Method::POST, "/attach")] {
        let new = app.connection().await;
        let to = app.request("Admin", method, &format!("{path}{below}"));
        good(to.json(&json!({"connectionId": new})).send().await.unwrap()).await;
        delete(&app, &format!("/connections/{old}")).await;
        assert_eq!(app.ended(&run).await["status"], "canceled");
        (old, run) = (new, app.start_run(&export).await);
        app.run_when(&run, |run| run["status"] == "running").await;
    }
    let rename = app.request("Admin", Method::PATCH, &path).json(&json!({"displayName": "New"}));
    good(rename.send().await.unwrap()).await;
    app.faults(&json!([])).await;
    assert_eq!(app.ended(&run).await["status"], "successful", "another name ends no run");
}

/// “Your Dynamics 365 Customer Insights Administrator can remove this export destination at any time to
/// discontinue use of this functionality.”
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_removed_once_its_exports_are_detached_and_they_keep_their_configuration() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    let connection = app.connection().await;
    let exports = [app.export(&connection).await, app.export(&connection).await];
    let path = format!("/connections/{connection}");
    let before = app.get(&format!("/exports/{}", exports[0])).await;
    let problem =
        refused(app.request("Admin", Method::DELETE, &path).send().await.unwrap(), 409).await;
    assert_eq!(problem["errorCode"], "connectionInUse");
    let mut named: Vec<_> = problem["dependants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| text(item, "exportId"))
        .collect();
    named.reverse();
    assert_eq!(named, exports);
    assert_eq!(app.get(&format!("{path}/exports")).await["items"].as_array().unwrap().len(), 2);

    let detached = app.post(&format!("{path}/detach"), &json!({})).await;
    delete(&app, &path).await;

    assert_eq!(detached, json!({"detached": 2}));
    refused(app.request("Admin", Method::GET, &path).send().await.unwrap(), 404).await;
    let after = app.get(&format!("/exports/{}", exports[0])).await;
    assert_eq!(after["state"], "inactive");
    for member in ["displayName", "listId", "segments", "mapping", "options", "schedule"] {
        assert_eq!(after[member], before[member], "{member}");
    }
}

/// “Go to Data > Exports.”
#[tokio::test(flavor = "multi_thread")]
async fn exports_are_found_by_name_connection_and_segment() {
    let app = TestApp::start().await;
    for name in ["People", "Spare"] {
        app.segment(name, &people(1)).await;
    }
    let (one, other) = (app.connection().await, app.connection().await);
    let rename = app.request("Admin", Method::PATCH, &format!("/connections/{other}"));
    good(rename.json(&json!({"displayName": "Spring 100%"})).send().await.unwrap()).await;
    for (name, connection, segment) in [
        ("Winter letter", &one, "People"),
        ("Summer letter", &one, "Spare"),
        ("Parcels", &other, "People"),
    ] {
        let new = json!({"displayName": name, "connectionId": connection, "listId": LIST_ID,
            "segments": [segment], "mapping": {"email": "Email"}});
        app.post("/exports", &new).await;
    }
    let connection = format!("?connectionId={one}");
    for (query, found) in [
        ("", vec!["Parcels", "Summer letter", "Winter letter"]),
        ("?search=LETTER", vec!["Summer letter", "Winter letter"]),
        ("?search=spring", vec!["Parcels"]),
        ("?search=100%25", vec!["Parcels"]),
        ("?search=1__%25", vec![]),
        ("?segment=People", vec!["Parcels", "Winter letter"]),
        (connection.as_str(), vec!["Summer letter", "Winter letter"]),
        ("?segment=Spare&search=winter", vec![]),
    ] {
        assert_eq!(names(&app, &format!("/exports{query}")).await, found, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_names_of_every_script_in_any_case_and_goes_on_with_the_cursor() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    let (named, other) = (app.pending_connection().await, app.pending_connection().await);
    let rename = app.request("Admin", Method::PATCH, &format!("/connections/{named}"));
    good(rename.json(&json!({"displayName": "Новости"})).send().await.unwrap()).await;
    for (name, connection) in [
        ("Rīgas ziņas", &other),
        ("Spring", &named),
        ("Plain", &other),
        ("Οδός", &other),
        ("ŽIŅAS", &other),
    ] {
        let new = json!({"displayName": name, "connectionId": connection, "listId": LIST_ID,
            "segments": ["People"], "mapping": {"email": "Email"}});
        app.post("/exports", &new).await;
    }
    for (search, found) in [
        ("ZIŅAS", vec!["Rīgas ziņas"]),
        ("žiņ", vec!["ŽIŅAS"]),
        ("ŅAS", vec!["ŽIŅAS", "Rīgas ziņas"]),
        ("новости", vec!["Spring"]),
        ("ΟΔΌΣ", vec!["Οδός"]),
        ("ziemas", vec![]),
    ] {
        assert_eq!(names(&app, &format!("/exports?search={search}")).await, found, "{search}");
    }
    let path = "/exports?search=ņas&limit=1";
    let first = app.get(path).await;
    assert_eq!(first["items"][0]["displayName"], "ŽIŅAS");
    let next = format!("{path}&cursor={}", text(&first, "nextCursor"));
    assert_eq!(names(&app, &next).await, ["Rīgas ziņas"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exports_of_a_segment_are_managed_from_there() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    app.segment("Spare", &people(1)).await;
    let export = app.export(&app.connection().await).await;
    let list = app.get("/segments/People/exports").await;
    assert_eq!(list["items"], json!([app.get(&format!("/exports/{export}")).await]));
    assert_eq!(app.get("/segments/Spare/exports").await["items"], json!([]));
    refused(
        app.request("Admin", Method::GET, "/segments/Nowhere/exports").send().await.unwrap(),
        404,
    )
    .await;
    let problem = refused(
        app.request("Admin", Method::DELETE, "/segments/People").send().await.unwrap(),
        409,
    )
    .await;
    assert_eq!(
        (&problem["errorCode"], &problem["dependants"][0]["exportId"]),
        (&json!("segmentInUse"), &json!(export))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_shows_its_last_run_and_who_changed_it_when() {
    let app = TestApp::start().await;
    let export = app.export_of(3).await;
    let path = format!("/exports/{export}");
    let new = app.get(&path).await;
    assert_eq!(new["lastRun"], Value::Null);
    app.ended(&app.start_run(&export).await).await;
    let run = app.ended(&app.start_run(&export).await).await;
    good(
        app.request("Admin", Method::PATCH, &path)
            .json(&json!({"displayName": "Newer"}))
            .send()
            .await
            .unwrap(),
    )
    .await;

    let seen = app.get(&path).await;

    assert_eq!(seen["lastRun"]["runId"], run["runId"]);
    assert_eq!(
        (&seen["lastRun"]["status"], &seen["lastRun"]["endUtc"]),
        (&run["status"], &run["endUtc"])
    );
    assert_eq!(
        (&seen["createdBy"], &seen["updatedBy"]),
        (&json!("Admin@example.com"), &json!("Admin@example.com"))
    );
    assert_eq!(seen["createdUtc"], new["createdUtc"]);
    assert!(text(&seen, "updatedUtc") > text(&new, "updatedUtc"));
    let events = app.get(&format!("/audit-events?objectId={export}")).await;
    let actions: Vec<_> =
        events["items"].as_array().unwrap().iter().map(|event| text(event, "action")).collect();
    assert_eq!(actions, ["export.update", "export.startRun", "export.startRun", "export.create"]);
}

/// “To create a new export, select Add destination.”
/// “Select Save.”
/// “Saving an export doesn't run the export immediately.”
#[tokio::test(flavor = "multi_thread")]
async fn saving_an_export_does_not_run_it() {
    let app = TestApp::start().await;
    let export = app.export_of(3).await;
    app.post(&format!("/exports/{export}/duplicate"), &json!({})).await;
    assert_eq!(app.get("/runs").await["items"], json!([]));
    assert_eq!(app.active().await, 0);
}
