//! What limits and stops a run, each with its code, whose fault it is, and words for a marketer.

use reqwest::Method;
use segment_export::sandbox::{API_KEY, LIST_ID};
use serde_json::{Value, json};

use crate::support::{TestApp, good, people, profiles, refused, text};

/// An export of these segments, by the name of one field for the address.
async fn export_of(app: &TestApp, segments: &[&str]) -> Value {
    let new = json!({"displayName": "Some to newsletter", "connectionId": app.connection().await, "listId": LIST_ID,
        "segments": segments, "mapping": {"email": "Email", "customFields": [{"field": "City", "key": "city"}]}});
    app.post("/exports", &new).await
}

async fn run_of(app: &TestApp, export: &Value) -> Value {
    app.ended(&app.start_run(&text(export, "exportId")).await).await
}

fn check_reason(run: &Value, status: &str, code: &str, culprit: &str, words: &[&str]) {
    assert_eq!((&run["status"], &run["reason"]["code"]), (&json!(status), &json!(code)), "{run}");
    assert_eq!(run["reason"]["culprit"], culprit, "{run}");
    let message = text(&run["reason"], "message");
    for word in words {
        assert!(message.contains(word), "“{word}” in “{message}”");
    }
}

/// “You can export up to 1 million profiles per export to Campaign Monitor.”
#[tokio::test(flavor = "multi_thread")]
async fn more_profiles_than_an_export_may_have_are_warned_of_at_saving_and_skipped_at_the_run() {
    let app = TestApp::start_with(&["--max-profiles-per-export", "5"]).await;
    app.segment("Three", &people(3)).await;
    app.segment("Two", &people(2)).await;
    let export = export_of(&app, &["Three", "Two"]).await;
    assert_eq!(export["warnings"], json!([]), "five over all segments are not too many");
    assert_ne!(run_of(&app, &export).await["status"], "skipped");

    app.segment("Two", &people(3)).await;
    let path = format!("/exports/{}", text(&export, "exportId"));
    let renaming = app.request("Admin", Method::PATCH, &path).json(&json!({"displayName": "Six"}));
    let saved = good(renaming.send().await.unwrap()).await;
    let sent = app.active().await;
    let run = run_of(&app, &export).await;

    assert_eq!(saved["warnings"][0]["code"], "profileLimitExceeded");
    assert!(
        text(&saved["warnings"][0], "message")
            .contains("The segments hold 6 profiles; an export may have 5.")
    );
    let words = ["6 profiles", "Nothing was sent", "several exports"];
    check_reason(&run, "skipped", "profileLimitExceeded", "user", &words);
    assert_eq!(run["counts"]["remaining"], 6);
    assert_eq!(app.active().await, sent);
}

/// “Unified customer profiles in the exported segments contain a field representing an email address.”
/// “In the Data matching section, in the Email field, select the field in your unified customer profile
/// that represents a customer's email address.”
/// “It's required to export segments to Campaign Monitor.”
#[tokio::test(flavor = "multi_thread")]
async fn a_field_for_the_address_must_be_in_every_segment() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    app.segment("Nameless", "CustomerId,City\n1,Riga\n").await;
    let mut new = json!({"displayName": "Both", "connectionId": app.connection().await, "listId": LIST_ID,
        "segments": ["People", "Nameless"], "mapping": {"email": "Email"}});
    let save = async |new: &Value| {
        app.request("Admin", Method::POST, "/exports").json(new).send().await.unwrap()
    };
    let problem = refused(save(&new).await, 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/mapping/email");
    assert!(text(&problem, "detail").contains("“Nameless” has no field “Email”"), "{problem}");
    new["mapping"] = json!({});
    let problem = refused(save(&new).await, 400).await;
    assert_eq!(problem["errors"][0]["pointer"], "/mapping/email");
}

/// “Exporting to Campaign Monitor is limited to segments.”
#[tokio::test(flavor = "multi_thread")]
async fn an_export_takes_segments_and_nothing_else() {
    let app = TestApp::start().await;
    let new = json!({"displayName": "All", "connectionId": app.connection().await, "listId": LIST_ID,
        "mapping": {"email": "Email"}, "segments": []});
    let save = async |new: Value| {
        app.request("Admin", Method::POST, "/exports").json(&new).send().await.unwrap()
    };
    let with = |name: &str, value: Value| {
        let mut changed = new.clone();
        changed[name] = value;
        changed
    };
    for (body, status, pointer, code) in [
        (new.clone(), 400, "/segments", "invalid"),
        (with("segments", json!(["Customer"])), 422, "/segments/0", "unknownSegment"),
        (with("entity", json!("Customer")), 400, "/entity", "unknownMember"),
    ] {
        let problem = refused(save(body).await, status).await;
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code)),
            "{problem}"
        );
    }
}

/// “The number of profiles that you can export to Campaign Monitor is dependent and limited on your
/// contract with Campaign Monitor.”
#[tokio::test(flavor = "multi_thread")]
async fn the_limit_of_the_contract_ends_the_run_in_the_words_of_campaign_monitor() {
    let app = TestApp::start_with(&["--uploads-in-flight", "1"]).await;
    app.segment("People", &people(3_500)).await;
    let export = export_of(&app, &["People"]).await;
    let limit =
        json!({"status": 400, "code": 999, "message": "Your plan allows no more subscribers"});
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"status": limit}, "skip": 2}])).await;

    let run = run_of(&app, &export).await;

    let words = ["code 999: Your plan allows no more subscribers", "stay on the list", "contract"];
    check_reason(&run, "failed", "destinationRefused", "external", &words);
    assert_eq!(
        (&run["counts"]["created"], &run["counts"]["remaining"]),
        (&json!(2_000), &json!(1_500))
    );
    assert_eq!(app.active().await, 2_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_was_never_filled_fails_the_run() {
    let app = TestApp::start().await;
    app.put("/segments/Hollow", &json!({"displayName": "Hollow"})).await;
    let export = export_of(&app, &["Hollow"]).await;
    let run = run_of(&app, &export).await;
    check_reason(
        &run,
        "failed",
        "segmentNotFound",
        "user",
        &["“Hollow”", "Upload its members or refresh it, or take it out"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_was_removed_while_the_run_waited_fails_it() {
    let app = TestApp::start().await;
    app.segment("Slow", &people(5_000)).await;
    app.segment("Gone", &people(1)).await;
    let first = export_of(&app, &["Slow"]).await;
    let new = json!({"displayName": "Waits", "connectionId": first["connectionId"], "listId": LIST_ID,
        "segments": ["Gone"], "mapping": {"email": "Email"}});
    let second = app.post("/exports", &new).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 1500}}}])).await;
    let blocking = app.start_run(&text(&first, "exportId")).await;
    app.run_when(&blocking, |run| run["status"] == "running").await;
    let waiting = app.start_run(&text(&second, "exportId")).await;

    let delete = async |path: String| {
        good(app.request("Admin", Method::DELETE, &path).send().await.unwrap()).await
    };
    let path = format!("/exports/{}", text(&second, "exportId"));
    let other = app.request("Admin", Method::PATCH, &path).json(&json!({"segments": ["Slow"]}));
    good(other.send().await.unwrap()).await;
    delete("/segments/Gone".into()).await;
    app.faults(&json!([])).await;
    app.post(&format!("/runs/{blocking}/cancel"), &json!({})).await;

    let run = app.ended(&waiting).await;
    check_reason(&run, "failed", "segmentNotFound", "user", &["“Gone”"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_gone_since_saving_fails_the_run_before_anything_is_sent() {
    let app = TestApp::start().await;
    app.segment("People", &people(3)).await;
    let export = export_of(&app, &["People"]).await;
    app.segment("People", "CustomerId,Email\n1,ann@example.com\n").await;
    let run = run_of(&app, &export).await;
    let words = ["The segment “People” has no field “City”.", "Nothing was sent", "data matching"];
    check_reason(&run, "failed", "fieldNotFound", "user", &words);
    assert_eq!(app.active().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_field_that_is_gone_from_the_list_fails_the_run_before_anything_is_sent() {
    let app = TestApp::start().await;
    app.segment("People", &people(3)).await;
    let export = export_of(&app, &["People"]).await;
    let field = format!("api/v3.3/lists/{LIST_ID}/customfields/%5Bcity%5D.json");
    let field = app.sandbox.url().join(&field).unwrap();
    let vendor = reqwest::Client::builder().build().unwrap();
    let removed = vendor.delete(field).basic_auth(API_KEY, Some("x")).send().await.unwrap();
    assert!(removed.status().is_success(), "{removed:?}");
    let run = run_of(&app, &export).await;
    check_reason(&run, "failed", "customFieldNotFound", "user", &["“city”", "Nothing was sent"]);
    assert_eq!(app.active().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_segment_is_a_success_with_nothing_to_do() {
    let app = TestApp::start().await;
    app.put("/segments/Empty", &json!({"displayName": "Empty"})).await;
    let none = app.request("Admin", Method::PUT, "/segments/Empty/members?allowEmpty=true");
    let none = none.header("Content-Type", "text/csv").body(people(0));
    good(none.send().await.unwrap()).await;
    let export = export_of(&app, &["Empty"]).await;
    let run = run_of(&app, &export).await;
    assert_eq!((&run["status"], &run["reason"]), (&json!("successful"), &Value::Null), "{run}");
    for (name, count) in profiles(&run).as_object().unwrap() {
        assert_eq!(count, &json!(0), "{name}");
    }
    assert_eq!(run["progress"]["fraction"], 1.0);
    let preview =
        app.post(&format!("/exports/{}/preview", text(&export, "exportId")), &json!({})).await;
    assert_eq!((&preview["selected"], &preview["calls"]), (&json!(0), &json!(0)));
}

#[test]
fn every_status_has_a_word_of_the_product() {
    let document = serde_json::to_value(segment_export::server::document()).unwrap();
    let table = include_str!("../../docs/RUNS.md");
    let statuses = document["components"]["schemas"]["RunStatus"].to_string();
    let words: Vec<&str> =
        statuses.split('"').filter(|word| table.contains(&format!("\n| `{word}` |"))).collect();
    assert_eq!(words.len(), 8, "{statuses}");
}
