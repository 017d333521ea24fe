//! One person, found in every export: on the list or not, why, since when and by which run.

use std::fs;

use reqwest::Method;
use segment_export::sandbox::{DOUBLE_OPT_IN_LIST_ID, LIST_ID};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::alerts::receiver::Receiver;
use crate::leavers::{csv, export, no_brake, run};
use crate::support::{TestApp, good, refused, text, until};

async fn found(app: &TestApp, who: &Value) -> Value {
    found_by(app, "Contributor", who).await
}

async fn found_by(app: &TestApp, role: &str, who: &Value) -> Value {
    let call = app.request(role, Method::POST, "/people/search").json(who);
    good(call.send().await.unwrap()).await
}

/// What is known at the only export.
async fn at_only(app: &TestApp, who: &Value) -> Value {
    let found = found(app, who).await;
    let exports = found["exports"].as_array().unwrap();
    assert_eq!(exports.len(), 1, "{found}");
    exports[0].clone()
}

fn email(person: usize) -> Value {
    json!({"email": format!("person{person}@example.com")})
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_on_the_list_is_found_by_address_in_any_case_and_by_customer_id() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..10, &json!({})).await;
    let before = at_only(&app, &email(3)).await;
    assert_eq!(
        (&before["standing"]["code"], &before["lastRun"]),
        (&json!("neverRun"), &Value::Null)
    );
    let first = text(&run(&app, &export).await, "runId");
    let second = text(&run(&app, &export).await, "runId");
    for who in [json!({"email": " PERSON3@Example.com"}), json!({"customerId": "3"})] {
        let one = at_only(&app, &who).await;
        assert_eq!(one["standing"]["code"], "onList", "{one}");
        assert_eq!((&one["exportId"], &one["listUse"]), (&json!(export), &json!("current")));
        assert_eq!(one["isScanned"], false);
        let address = &one["addresses"][0];
        assert_eq!(address["email"], "person3@example.com");
        assert_eq!((&address["customerId"], &address["origin"]), (&json!("3"), &json!("ours")));
        assert_eq!(address["since"]["runId"], json!(first), "since the first run");
        assert_eq!(address["lastAnswer"]["runId"], json!(second));
        assert!(address["lastAnswer"]["endUtc"].is_string());
        assert_eq!((&address["left"], &one["rejections"]), (&Value::Null, &json!([])));
        assert_eq!(one["lastRun"]["runId"], json!(second));
    }
    let nobody = at_only(&app, &email(10)).await;
    assert_eq!(nobody["standing"]["code"], "notInSegments");
    assert_eq!(nobody["addresses"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_not_sent_or_rejected_is_found_with_the_reason_in_words() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..4, &json!({})).await;
    run(&app, &export).await;
    let left = json!([{"email": "person1@example.com", "state": "Unsubscribed"}]);
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &left).await;
    let more = csv(0..4) + "20,Person2@example.com,Riga\n21,no address,Riga\n";
    app.segment("People", &more).await;
    let last = text(&run(&app, &export).await, "runId");

    let unsubscribed = at_only(&app, &email(1)).await;
    assert_eq!(unsubscribed["standing"]["code"], "unsubscribed");
    let left = &unsubscribed["addresses"][0]["left"];
    assert_eq!((&left["how"], &left["byUs"]), (&json!("unsubscribed"), &json!(false)));
    assert_eq!(left["run"]["runId"], json!(last));
    let rejection = &unsubscribed["rejections"][0];
    assert_eq!(
        (&rejection["outcome"], &rejection["code"]),
        (&json!("rejected"), &json!("unsubscribed"))
    );
    assert!(!text(rejection, "message").is_empty());

    let duplicate = at_only(&app, &json!({"customerId": "20"})).await;
    assert_eq!(duplicate["standing"]["code"], "duplicate");
    assert_eq!(duplicate["rejections"][0]["winner"], "2");
    let winner = at_only(&app, &email(2)).await;
    assert_eq!(winner["standing"]["code"], "onList");
    assert_eq!(winner["rejections"][0]["customerId"], "20", "the address was there twice");

    for who in [json!({"email": "NO ADDRESS"}), json!({"customerId": "21"})] {
        let invalid = at_only(&app, &who).await;
        assert_eq!(invalid["standing"]["code"], "invalid");
        assert_eq!(invalid["rejections"][0]["code"], "addressMalformed");
        assert_eq!(invalid["rejections"][0]["runId"], json!(last));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_is_found_with_how_and_by_which_run() {
    let app = TestApp::start().await;
    let sync = json!({"leavers": {"action": "delete"}, "brake": no_brake()});
    let export = export(&app, "People", 0..10, &sync).await;
    run(&app, &export).await;
    app.segment("People", &csv(1..10)).await;
    let second = text(&run(&app, &export).await, "runId");
    run(&app, &export).await;
    let gone = at_only(&app, &json!({"customerId": "0"})).await;
    assert_eq!(gone["standing"]["code"], "removedByUs");
    let left = &gone["addresses"][0]["left"];
    assert_eq!((&left["how"], &left["byUs"]), (&json!("deletedByUs"), &json!(true)));
    assert_eq!(left["run"]["runId"], json!(second));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_of_every_export_is_in_the_answer_and_nothing_of_another_instance() {
    let app = TestApp::start().await;
    let one = export(&app, "People", 0..5, &json!({})).await;
    let two = export(&app, "Others", 3..8, &json!({})).await;
    for export in [&one, &two] {
        run(&app, export).await;
    }
    let change = app.request("Admin", Method::PATCH, &format!("/exports/{two}"));
    good(change.json(&json!({"listId": DOUBLE_OPT_IN_LIST_ID})).send().await.unwrap()).await;
    let found = found(&app, &email(4)).await;
    let uses: Vec<_> = found["exports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(one, "exportId"), text(one, "listUse"), text(&one["standing"], "code")))
        .collect();
    let expected = |export: &String, list: &str, code: &str| {
        (export.clone(), list.to_owned(), code.to_owned())
    };
    assert!(uses.contains(&expected(&one, "current", "onList")), "{uses:?}");
    assert!(uses.contains(&expected(&two, "former", "onList")), "{uses:?}");
    assert!(uses.contains(&expected(&two, "current", "neverRun")), "{uses:?}");
    assert_eq!(uses.len(), 3, "{uses:?}");

    let elsewhere = Uuid::now_v7();
    let path = format!("{}v1/instances/{elsewhere}/people/search", app.url());
    let token = TestApp::token_for("Admin", &elsewhere.to_string());
    let client = reqwest::Client::builder().build().unwrap();
    let call = client.post(path).bearer_auth(token).json(&email(4));
    let call = call.send().await.unwrap();
    assert_eq!(good(call).await, json!({"exports": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_of_an_export_that_was_removed_is_found() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..3, &json!({})).await;
    app.segment("People", &(csv(0..3) + "9,no address,Riga\n")).await;
    run(&app, &export).await;
    let removal = app.request("Admin", Method::DELETE, &format!("/exports/{export}"));
    assert!(removal.send().await.unwrap().status().is_success());
    let kept = at_only(&app, &json!({"customerId": "9"})).await;
    assert_eq!((&kept["listUse"], &kept["exportId"]), (&json!("exportRemoved"), &json!(export)));
    assert_eq!(kept["exportName"], "People to newsletter");
    assert_eq!(kept["rejections"][0]["code"], "addressMalformed");
    assert_eq!(found(&app, &email(1)).await, json!({"exports": []}), "its baseline is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_asked_when_the_caller_wants_it_and_says_what_it_could_not_ask() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..3, &json!({})).await;
    run(&app, &export).await;
    let leave =
        app.campaign_monitor(Method::POST, &format!("subscribers/{LIST_ID}/unsubscribe.json"));
    let leave = leave.json(&json!({"EmailAddress": "person1@example.com"}));
    leave.send().await.unwrap().error_for_status().unwrap();
    let ask = |who: Value| json!({"customerId": who, "live": true});
    let asked = found_by(&app, "Admin", &ask(json!("1"))).await["exports"][0].clone();
    assert_eq!(asked["standing"]["code"], "onList", "as the last run left it");
    let answer = &asked["live"]["answers"][0];
    assert_eq!(
        (&answer["state"], &answer["email"]),
        (&json!("unsubscribed"), &json!("person1@example.com"))
    );
    assert_eq!(answer["stored"]["State"], "Unsubscribed");
    assert_eq!(asked["live"]["problem"], Value::Null);

    let unknown = json!({"email": "nobody@example.com", "live": true});
    let unknown = found_by(&app, "Admin", &unknown).await["exports"][0].clone();
    assert_eq!(unknown["live"]["answers"][0]["state"], Value::Null, "{unknown}");
    let unnamed = found_by(&app, "Admin", &ask(json!("77"))).await["exports"][0].clone();
    assert_eq!(unnamed["live"]["problem"]["code"], "noAddress");
    let shared = found_by(&app, "Contributor", &ask(json!("1"))).await["exports"][0].clone();
    assert_eq!(shared["live"]["problem"]["code"], "connectionNotShared", "{shared}");

    app.faults(&json!([{"match": {"path": "subscribers"}, "kind": {"status": {"status": 500}}}]))
        .await;
    let failing = found_by(&app, "Admin", &ask(json!("1"))).await["exports"][0].clone();
    assert_eq!(failing["live"]["problem"]["code"], "destinationUnavailable", "{failing}");
    assert_eq!(failing["standing"]["code"], "onList", "what is known here is told all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_says_who_searched_and_never_for_whom() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..3, &json!({})).await;
    run(&app, &export).await;
    found(&app, &json!({"email": "person1@example.com"})).await;
    found(&app, &json!({"customerId": "C-needle-17"})).await;
    let events = app.get("/audit-events?action=people.search").await;
    let told: Vec<_> =
        events["items"].as_array().unwrap().iter().rev().map(|one| &one["after"]).collect();
    let expected = [
        json!({"by": "email", "live": false, "lists": 1}),
        json!({"by": "customerId", "live": false, "lists": 0}),
    ];
    assert_eq!(told, expected.iter().collect::<Vec<_>>());
    assert_eq!(events["items"][0]["actor"]["subject"], "Contributor@example.com");
    let all = app.get("/audit-events?limit=200").await.to_string();
    assert!(!all.contains("needle") && !all.contains("person1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_search_is_for_is_in_no_log_trace_metric_or_url() {
    let mut app = TestApp::start().await;
    let export = export(&app, "People", 0..3, &json!({})).await;
    run(&app, &export).await;
    let (log, traces) = (app.storage().parent().unwrap().join("service.log"), Receiver::start());
    app.stop_service().await;
    app.set_extra(&["--otlp-endpoint", traces.origin(), "--trace-filter", "debug"]);
    app.start_process_logged("debug", &log).await;
    for who in [
        json!({"email": "person1@example.com", "live": true}),
        json!({"customerId": "C-needle-17", "live": true}),
    ] {
        found_by(&app, "Admin", &who).await;
    }
    let spans = || traces.received().into_iter().map(|one| one.text).collect::<String>();
    until(async || spans().contains("people/search")).await;
    let metrics = app.anonymous(Method::GET, "metrics").send().await.unwrap();
    let (metrics, log) = (metrics.text().await.unwrap(), fs::read_to_string(&log).unwrap());
    assert!(log.contains("people/search") && metrics.contains("people/search"), "{log}");
    for (name, content) in [("log", log), ("traces", spans()), ("metrics", metrics)] {
        let content = content.to_lowercase();
        let found = ["person1", "needle"].iter().any(|text| content.contains(text));
        assert!(!found, "{name}: {content}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_names_one_person() {
    let app = TestApp::start().await;
    let long = "a".repeat(1001);
    for body in [
        json!({}),
        json!({"email": "a@example.com", "customerId": "1"}),
        json!({"email": " "}),
        json!({"customerId": long}),
    ] {
        let call = app.request("Contributor", Method::POST, "/people/search").json(&body);
        let problem = refused(call.send().await.unwrap(), 422).await;
        assert_eq!(problem["errorCode"], "unprocessable", "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_what_was_known_is_lost_the_answer_says_so() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..3, &json!({})).await;
    run(&app, &export).await;
    for file in crate::orphans::files_in(&app.storage().join("baselines")) {
        fs::remove_file(file).unwrap();
    }
    let lost = at_only(&app, &email(1)).await;
    assert_eq!((&lost["standing"]["code"], &lost["addresses"]), (&json!("unknown"), &json!([])));
}
