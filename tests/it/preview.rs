//! The preview: what a run would do, without sending anything, and exactly what it then does.

use std::collections::BTreeMap;
use std::fmt::Write;

use reqwest::Method;
use segment_export::sandbox::{DOUBLE_OPT_IN_LIST_ID, LIST_ID};
use serde_json::{Value, json};

use crate::support::{TestApp, people, refused, text};

/// Members with everything that can be wrong, spread over more than one batch.
fn messy(rows: usize) -> String {
    let mut csv = String::from("CustomerId,Email,City\n");
    let long = "x".repeat(300);
    for row in 0..rows {
        let city = if row % 100 == 0 { long.as_str() } else { "Riga" };
        let email = match row % 50 {
            1 => String::new(),
            2 => format!("person{row}"),
            3 => format!("{}@example.com", "a".repeat(300)),
            4 => format!("PERSON{}@EXAMPLE.com", row - 4),
            _ => format!("person{row}@example.com"),
        };
        writeln!(csv, "{row},{email},{city}").unwrap();
    }
    csv
}

fn by_code(items: &Value) -> BTreeMap<String, i64> {
    let items = items.as_array().unwrap().iter();
    items.map(|item| (text(item, "code"), item["count"].as_i64().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_tells_exactly_what_a_run_then_does() {
    let app = TestApp::start().await;
    app.segment("People", &messy(2_300)).await;
    app.segment("Others", &people(700)).await;
    let new = json!({"displayName": "Both", "connectionId": app.connection().await, "listId": LIST_ID,
        "segments": ["People", "Others"],
        "mapping": {"email": "Email", "customFields": [{"field": "City", "key": "city"}]}});
    let export = text(&app.post("/exports", &new).await, "exportId");

    let preview = app.post(&format!("/exports/{export}/preview"), &json!({})).await;
    assert_eq!(app.active().await, 0, "nothing was sent");
    assert_eq!(app.get("/runs").await["items"], json!([]));
    let run = app.ended(&app.start_run(&export).await).await;

    let (count, ran) = (
        |name: &str| preview[name].as_i64().unwrap(),
        |name: &str| run["counts"][name].as_i64().unwrap(),
    );
    assert_eq!(count("selected"), 3_000);
    assert!(count("duplicate") > 46 && count("invalid") == 3 * 46, "{preview}");
    for name in ["selected", "duplicate", "invalid"] {
        assert_eq!(count(name), ran(name), "{name}");
    }
    assert_eq!(count("usable"), ran("created") + ran("updated") + ran("rejected"));
    assert_eq!(preview["fieldWarnings"], run["fieldWarnings"]);
    let cut = json!([{"code": "cut", "count": 23}]);
    let expected =
        json!([{"field": "City", "key": "city", "cut": 23, "dropped": 0, "byCode": cut}]);
    assert_eq!(preview["fieldWarnings"], expected);
    let path = format!("/runs/{}", text(&run, "runId"));
    let batches = app.get(&format!("{path}/batches")).await;
    let calls = batches["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|batch| batch["attempts"].as_i64().unwrap());
    assert_eq!(count("calls"), calls.sum::<i64>());

    let mut rejected = BTreeMap::new();
    let lines = app.request("Admin", Method::GET, &format!("{path}/rejections?outcome=invalid"));
    let lines =
        lines.header("Accept", "application/x-ndjson").send().await.unwrap().text().await.unwrap();
    for line in lines.lines() {
        *rejected.entry(text(&serde_json::from_str(line).unwrap(), "code")).or_insert(0) += 1;
    }
    assert_eq!(by_code(&preview["invalidByCode"]), rejected);
    let malformed = preview["invalidByCode"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["code"] == "addressMalformed");
    let examples = &malformed.unwrap()["examples"];
    let why = "The e-mail address has a form that Campaign Monitor does not accept: it has no @.";
    let first = json!({"customerId": "2", "email": "person2", "message": why});
    assert_eq!(examples[0], first);
    assert_eq!(examples.as_array().unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_warns_of_the_list_and_estimates_the_time() {
    let app = TestApp::start().await;
    app.segment("People", &people(2_500)).await;
    let new = json!({"displayName": "To confirm", "connectionId": app.connection().await, "segments": ["People"],
        "listId": DOUBLE_OPT_IN_LIST_ID, "mapping": {"email": "Email"}});
    let export = text(&app.post("/exports", &new).await, "exportId");
    let path = format!("/exports/{export}/preview");
    let preview = app.post(&path, &json!({})).await;
    assert_eq!(preview["listWarnings"][0]["code"], "doubleOptIn");
    assert_eq!((&preview["calls"], &preview["estimatedSeconds"]), (&json!(3), &json!(2)));

    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 2100}}}])).await;
    app.ended(&app.start_run(&export).await).await;

    let learnt = app.post(&path, &json!({})).await;
    assert!(
        learnt["estimatedSeconds"].as_i64() >= Some(3),
        "calls took longer than assumed: {learnt}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_stop_a_run_stops_a_preview_with_the_same_words() {
    let app = TestApp::start_with(&["--max-profiles-per-export", "5"]).await;
    let export = app.export_of(3).await;
    let path = format!("/exports/{export}/preview");
    let call = async || app.request("Admin", Method::POST, &path).send().await.unwrap();
    app.segment("People", &people(6)).await;
    let problem = refused(call().await, 422).await;
    assert_eq!(problem["errors"][0]["code"], "profileLimitExceeded", "{problem}");
    app.segment("People", "CustomerId,Mail,City\n1,ann@example.com,Riga\n").await;
    let problem = refused(call().await, 422).await;
    assert_eq!(
        problem["errors"][0],
        json!({"pointer": "/mapping/email", "code": "unknownField",
        "message": "The segment “People” has no field “Email”. Did you mean \"Mail\"?",
        "params": {"field": "Email", "near": "Mail", "segment": "People"}})
    );
    app.post(&format!("/exports/{export}/detach"), &json!({})).await;
    assert_eq!(refused(call().await, 409).await["errorCode"], "exportInactive");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_was_never_filled_cannot_be_previewed() {
    let app = TestApp::start().await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    let export = app.export(&app.connection().await).await;
    let call = app.request("Admin", Method::POST, &format!("/exports/{export}/preview"));
    let problem = refused(call.send().await.unwrap(), 422).await;
    assert_eq!(problem["errors"][0]["code"], "segmentNotFound", "{problem}");
    assert_eq!(problem["errors"][0]["pointer"], "/segments/0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_that_takes_too_long_is_given_up_with_a_clear_word() {
    let app = TestApp::start_with(&["--preview-timeout-ms", "1"]).await;
    let export = app.export_of(20_000).await;
    let call = app.request("Admin", Method::POST, &format!("/exports/{export}/preview"));
    let problem = refused(call.send().await.unwrap(), 503).await;
    assert_eq!(problem["errorCode"], "previewTooLong");
}

#[tokio::test(flavor = "multi_thread")]
async fn previews_beyond_the_setting_are_told_to_come_back() {
    let app = TestApp::start_with(&["--max-previews", "1"]).await;
    let export = app.export_of(3).await;
    app.faults(&json!([{"match": {"path": "customfields"}, "kind": {"latency": {"ms": 1500}}}]))
        .await;
    let path = format!("/exports/{export}/preview");
    let call = async || app.request("Admin", Method::POST, &path).send().await.unwrap();
    let (one, other) = tokio::join!(call(), call());
    let (good, busy) = if one.status() == 200 { (one, other) } else { (other, one) };
    assert_eq!(good.status(), 200);
    assert!(busy.headers().contains_key("retry-after"));
    assert_eq!(refused(busy, 429).await["errorCode"], "tooManyRequests");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_shows_personal_data_and_is_not_for_viewers_nor_for_connections_not_shared() {
    let app = TestApp::start().await;
    let export = app.export_of(3).await;
    for role in ["Viewer", "Contributor"] {
        let call = app.request(role, Method::POST, &format!("/exports/{export}/preview"));
        refused(call.send().await.unwrap(), 403).await;
    }
    let shared = app.connection().await;
    let share = json!({"allowedRoles": "adminsAndContributors"});
    let share = app.request("Admin", Method::PATCH, &format!("/connections/{shared}")).json(&share);
    assert_eq!(share.send().await.unwrap().status(), 200);
    let change = json!({"connectionId": shared});
    let call = app.request("Contributor", Method::POST, &format!("/exports/{export}/preview"));
    refused(call.json(&change).send().await.unwrap(), 403).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_previewed_before_it_is_saved_with_the_records_as_they_would_be_sent() {
    let app = TestApp::start().await;
    app.segment("People", &messy(100)).await;
    let mut new = json!({"displayName": "People", "connectionId": app.connection().await, "listId": LIST_ID,
        "segments": ["People"],
        "mapping": {"email": "Email", "customFields": [{"template": "In {{City}}", "key": "city"}]}});
    let preview = app.post("/exports/preview", &new).await;
    assert_eq!((&preview["selected"], &preview["fullBecause"]), (&json!(100), &Value::Null));
    let sample = preview["sample"].as_array().unwrap();
    assert_eq!((sample.len(), &sample[1]["customerId"]), (10, &json!("5")), "{preview}");
    let sent = &sample[1]["sent"];
    assert_eq!(
        (&sent["EmailAddress"], &sent["CustomFields"][0]["Value"]),
        (&json!("person5@example.com"), &json!("In Riga")),
        "{sent}"
    );
    assert_eq!(app.get("/exports").await["items"], json!([]), "nothing is saved");
    assert_eq!(app.active().await, 0, "nothing is sent");

    new["mapping"]["email"] = json!("Mail");
    let draft = app.request("Admin", Method::POST, "/exports/preview").json(&new);
    let problem = refused(draft.send().await.unwrap(), 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/mapping/email", "as saving says: {problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_previewed_with_what_it_would_do_to_people_and_is_not_saved() {
    let app = TestApp::start().await;
    let export = app.export_of(10).await;
    let path = format!("/exports/{export}");
    let follow = json!({"sync": {"send": "changes", "leavers": {"action": "delete"}, "brake": {"removals": null}}});
    let follow = app.request("Admin", Method::PATCH, &path).json(&follow);
    assert_eq!(follow.send().await.unwrap().status(), 200);
    app.ended(&app.start_run(&export).await).await;
    app.segment("People", &people(4)).await;
    let saved = app.get(&path).await;
    let preview = async |change: Value| app.post(&format!("{path}/preview"), &change).await;

    let plan = &preview(json!({})).await["plan"];
    assert_eq!((&plan["leavers"], &plan["limits"]), (&json!(6), &json!([])), "as saved: {plan}");
    let brake = json!({"sync": {"brake": {"removals": {"count": 2, "percent": 100}}}});
    let plan = &preview(brake).await["plan"];
    assert_eq!(plan["limits"].as_array().unwrap().len(), 1, "with a brake: {plan}");
    let keep = preview(json!({"sync": {"leavers": {"action": "keep"}}})).await;
    assert_eq!(keep["plan"], Value::Null, "nobody leaves: {keep}");
    assert_eq!((&keep["unchanged"], &keep["sample"]), (&json!(4), &json!([])), "{keep}");
    assert_eq!(app.get(&path).await, saved, "nothing is saved");
}
