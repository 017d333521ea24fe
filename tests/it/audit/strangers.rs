//! Calls of nobody with access are recorded, in the instance of none, and a flood of them leaves few events.

use std::time::Instant;

use futures::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::chain::verify;
use super::events;
use crate::support::{TestApp, good, refused, text, until};

const NONE: &str = "00000000-0000-0000-0000-000000000000";
/// `{"sub": "eve\0"}`, signed by nobody.
const FORGED: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJldmVcdTAwMDAifQ.c2lnbmVk";

/// The newest first, as somebody reads them who has access to all instances.
async fn at_the_door(app: &TestApp) -> Vec<Value> {
    let path = format!("v1/instances/{NONE}/audit-events?limit=200");
    let call = app.anonymous(Method::GET, &path).bearer_auth(TestApp::token_for("Admin", "*"));
    good(call.send().await.unwrap()).await["items"].as_array().unwrap().clone()
}

async fn written(app: &TestApp, events: usize) -> Vec<Value> {
    until(async || at_the_door(app).await.len() >= events).await;
    at_the_door(app).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sign_in_leaves_an_event_with_what_the_token_claims_and_never_the_token() {
    let app = TestApp::start_with(&["--forwarded-hops", "1"]).await;
    let path = format!("v1/instances/{}/segments/People/members", app.instance);
    let call = app.anonymous(Method::GET, &path).header("X-Forwarded-For", "203.0.113.7");
    refused(call.bearer_auth(FORGED).send().await.unwrap(), 401).await;
    refused(app.anonymous(Method::GET, &path).send().await.unwrap(), 401).await;

    let events = written(&app, 2).await;
    let [without, forged] = &events[..] else { panic!("{events:?}") };
    assert_eq!(
        forged["actor"],
        json!({"kind": "user", "subject": "eve\u{fffd}", "name": "eve\u{fffd}", "role": null,
        "verified": false})
    );
    assert_eq!(
        (text(forged, "action"), text(forged, "outcome")),
        ("signIn.fail".into(), "refused".into())
    );
    assert_eq!((&forged["status"], &forged["errorCode"]), (&json!(401), &json!("unauthenticated")));
    assert_eq!(
        forged["object"],
        json!({"kind": "signIn", "id": "GET /segments/{name}/members", "name": null})
    );
    assert_eq!(forged["after"]["instance"], json!(app.instance));
    assert!(text(&forged["after"], "reason").contains("signature"), "{forged}");
    assert_eq!(forged["origin"]["clientAddress"], "203.0.113.7");
    assert_eq!(
        (&without["actor"]["subject"], &without["actor"]["verified"]),
        (&json!(""), &json!(false))
    );
    assert!(!json!(events).to_string().contains("c2lnbmVk"), "{events:?}");
    assert!(verify(&app, None).await.is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_for_another_instance_and_one_without_a_role_leave_events_with_who_it_was() {
    let app = TestApp::start().await;
    let foreign = Uuid::now_v7();
    let path = format!("v1/instances/{foreign}/segments");
    let call = app.anonymous(Method::GET, &path).bearer_auth(app.token("Contributor"));
    refused(call.send().await.unwrap(), 404).await;
    let path = format!("v1/instances/{}/segments", app.instance);
    let call = app.anonymous(Method::POST, &path).bearer_auth(app.token("Guest"));
    assert!([404, 405].contains(&call.send().await.unwrap().status().as_u16()));
    let call = app.anonymous(Method::GET, &path).bearer_auth(app.token("Guest"));
    refused(call.send().await.unwrap(), 403).await;

    let events = written(&app, 2).await;
    let [without_role, elsewhere] = &events[..] else { panic!("{events:?}") };
    for (event, subject, role, status) in [
        (elsewhere, "Contributor", json!("Contributor"), 404),
        (without_role, "Guest", json!(null), 403),
    ] {
        assert_eq!(event["action"], "call.refuse");
        assert_eq!(event["actor"]["subject"], json!(format!("{subject}@example.com")));
        assert_eq!((&event["actor"]["role"], &event["actor"]["verified"]), (&role, &json!(true)));
        assert_eq!(
            (&event["status"], &event["object"]["id"]),
            (&json!(status), &json!("GET /segments"))
        );
    }
    assert_eq!(elsewhere["after"]["instance"], json!(foreign));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_call_that_changes_and_reads_nothing_leaves_an_event_in_its_instance() {
    let app = TestApp::start().await;
    refused(app.request("Viewer", Method::GET, "/audit-events").send().await.unwrap(), 403).await;
    let event = &events(&app, "&action=call.refuse&objectId=GET%20/audit-events").await[0];
    assert_eq!((&event["status"], &event["actor"]["role"]), (&json!(403), &json!("Viewer")));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_token_for_all_instances_reads_what_happened_at_the_door() {
    let app = TestApp::start().await;
    let path = format!("v1/instances/{NONE}/audit-events");
    let call = app.anonymous(Method::GET, &path).bearer_auth(app.token("Admin"));
    refused(call.send().await.unwrap(), 404).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_bad_tokens_leaves_few_events_and_a_count_and_writes_go_on() {
    let settings = ["--max-audited-strangers", "5", "--max-calls-per-second", "0"];
    let mut app = TestApp::start_with(&settings).await;
    let path = format!("v1/instances/{}/exports", app.instance);
    let calls = (0..3000).map(|number| {
        let call = app.anonymous(Method::GET, &path).bearer_auth(format!("{FORGED}{number}"));
        async move {
            // A connection that the busy service closes meanwhile says nothing of the call.
            let answer = loop {
                if let Ok(answer) = call.try_clone().unwrap().send().await {
                    break answer;
                }
            };
            assert_eq!(answer.status(), 401);
        }
    });
    let flood = futures::stream::iter(calls).buffer_unordered(32).collect::<Vec<_>>();
    let slowest = async {
        let mut slowest = std::time::Duration::ZERO;
        for number in 0..20 {
            let started = Instant::now();
            app.put("/segments/People", &json!({"displayName": format!("People {number}")})).await;
            slowest = slowest.max(started.elapsed());
        }
        slowest
    };
    let (_, slowest) = futures::join!(flood, slowest);
    // The calls themselves keep the machine busy; a change that waited for events would wait for its time-out.
    assert!(slowest < std::time::Duration::from_secs(10), "{slowest:?}");
    app.restart_with(&[]).await;
    let events = at_the_door(&app).await;
    let (counts, single): (Vec<_>, Vec<_>) =
        events.iter().partition(|event| event["action"] == "call.omit");
    assert!(
        (5..=10).contains(&single.len()),
        "a minute may have ended in between: {}",
        single.len()
    );
    let omitted: u64 =
        counts.iter().map(|event| event["after"]["signInsFailed"].as_u64().unwrap()).sum();
    let all = omitted + u64::try_from(single.len()).unwrap();
    assert!((3000..3030).contains(&all), "{all}");
    let count = counts[0];
    assert_eq!(count["after"]["addresses"][0]["address"], "127.0.0.1");
    assert_eq!((&count["moreLeftOut"], &count["actor"]["subject"]), (&json!(true), &json!("api")));
    assert!(verify(&app, None).await.is_clean());
}
