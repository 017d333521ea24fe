//! Tokens that end: renewed before, in the middle of a run, by several processes at once, or not at all.

use chrono::TimeDelta;
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use segment_export::connections::store_oauth;
use segment_export::db;
use segment_export::names::ConnectionId;
use serde_json::json;

use super::{
    connection, expire, export_of, forget_calls, settings, sign_in, signed_in, start_with,
    token_calls,
};
use crate::support::{TestApp, refused, text};

async fn lists(app: &TestApp, connection: &str) {
    app.get(&format!("/connections/{connection}/lists")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_in_the_middle_of_a_run_is_renewed_once_and_nothing_is_lost() {
    let app = start_with(&[]).await;
    let (id, export) = export_of(&app, 20_000).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 60}}}])).await;
    forget_calls(&app).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(2000)).await;

    expire(&app).await;

    let run = app.ended(&run).await;
    assert_eq!((&run["status"], &run["attempt"]), (&json!("successful"), &json!(1)), "{run}");
    assert_eq!(run["counts"]["created"], 20_000);
    assert_eq!(token_calls(&app).await, json!({"200": 1}));
    assert_eq!(connection(&app, &id).await["status"], "connected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_renewed_before_it_ends_and_every_answer_brings_the_next_refresh_token() {
    let app = start_with(&[]).await;
    settings(&app, &json!({"accessTokenLifeSeconds": 30, "rotateRefreshTokens": true})).await;
    let id = signed_in(&app).await;
    forget_calls(&app).await;
    for _ in 0..3 {
        lists(&app, &id).await;
    }
    settings(&app, &json!({"rotateRefreshTokens": true})).await;
    for _ in 0..3 {
        lists(&app, &id).await;
    }
    assert_eq!(token_calls(&app).await, json!({"200": 4}), "the last one lives for two weeks");
    let calls = app.sandbox_says("calls").await;
    assert_eq!(calls["calls"]["GET /clients"], json!({"200": 6}), "no call met a token that ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_one_renews_a_rotated_token_and_the_other_uses_what_it_got() {
    let app = start_with(&[]).await;
    settings(&app, &json!({"rotateRefreshTokens": true})).await;
    let id = signed_in(&app).await;
    let (neighbour, neighbours_url) = app.start_neighbour().await;
    let slow = json!([{"match": {"path": "oauth/token"}, "kind": {"latency": {"ms": 300}}}]);
    app.faults(&slow).await;
    let path = format!("v1/instances/{}/connections/{id}/lists", app.instance);
    let http = reqwest::Client::builder().build().unwrap();
    for round in 0..2 {
        forget_calls(&app).await;
        expire(&app).await;
        let calls = (0..12).map(async |n| {
            let url = if n % 2 == 0 { app.url() } else { &neighbours_url };
            let call = http.get(format!("{url}{path}")).bearer_auth(app.token("Admin"));
            call.send().await.unwrap().status()
        });
        assert_eq!(join_all(calls).await, [StatusCode::OK; 12], "round {round}");
        assert_eq!(token_calls(&app).await, json!({"200": 1}), "round {round}");
    }
    neighbour.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_of_a_process_that_died_ends_and_another_renews() {
    let app = start_with(&[]).await;
    let id = signed_in(&app).await;
    let shared = app.app();
    let connection = ConnectionId(id.parse().unwrap());
    let mut tx = shared.db.write().await.unwrap();
    let (now, until) = (db::now(), db::now() + TimeDelta::milliseconds(700));
    assert!(store_oauth::lease_renewal(&mut tx, connection, 1, now, until).await.unwrap());
    assert!(!store_oauth::lease_renewal(&mut tx, connection, 1, now, until).await.unwrap());
    tx.commit().await.unwrap();
    expire(&app).await;
    forget_calls(&app).await;
    lists(&app, &id).await;
    assert!(db::now() > until, "it waited for its turn");
    assert_eq!(token_calls(&app).await, json!({"200": 1}));
}

#[tokio::test(flavor = "multi_thread")]
async fn access_withdrawn_at_campaign_monitor_stops_the_run_until_somebody_signs_in_again() {
    let app = start_with(&[]).await;
    let (id, export) = export_of(&app, 20_000).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 60}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(2000)).await;

    app.order(Method::POST, "oauth/revoke", &json!({})).await;

    let run = app.ended(&run).await;
    assert_eq!(run["status"], "failed", "{run}");
    assert_eq!(run["reason"]["code"], "credentialsRefused");
    assert_eq!(run["reason"]["culprit"], "user");
    let words = "Campaign Monitor rejects the credentials (somebody withdrew the access of this connection there). \
        Ask an administrator to renew the connection.";
    assert_eq!(run["reason"]["message"], words);
    assert_eq!(run["counts"]["inDoubt"], 0, "a refused call stores nothing");
    assert_eq!(connection(&app, &id).await["status"], "needsAttention");
    let again = app.request("Admin", Method::POST, &format!("/exports/{export}/runs"));
    let problem = refused(again.send().await.unwrap(), 409).await;
    assert_eq!(problem["errorCode"], "connectionNotConnected");

    app.faults(&json!([])).await;
    sign_in(&app, &id).await;
    assert_eq!(connection(&app, &id).await["status"], "connected");
    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!((&run["status"], app.active().await), (&json!("successful"), 20_000), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_has_run_out_needs_attention_and_is_asked_for_once() {
    let app = start_with(&[]).await;
    let (id, export) = export_of(&app, 3).await;
    app.order(Method::POST, "oauth/forget", &json!({})).await;
    lists(&app, &id).await;
    expire(&app).await;
    forget_calls(&app).await;

    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!(run["reason"]["code"], "credentialsRefused", "{run}");
    assert!(text(&run["reason"], "message").contains("has expired"), "{run}");
    assert_eq!(token_calls(&app).await, json!({"400": 1}));
    let seen = connection(&app, &id).await;
    assert_eq!(seen["status"], "needsAttention");
    assert!(text(&seen, "statusMessage").contains("has expired"), "{seen}");

    sign_in(&app, &id).await;
    assert_eq!(app.ended(&app.start_run(&export).await).await["status"], "successful");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_while_its_token_cannot_be_renewed_and_goes_on_then() {
    let app = start_with(&["--call-tries", "2"]).await;
    let (id, export) = export_of(&app, 3).await;
    expire(&app).await;
    let away = json!([{"match": {"path": "oauth/token"}, "kind": {"status": {"status": 503, "html": true}},
        "times": 3}]);
    app.faults(&away).await;
    let answer = app.request("Admin", Method::GET, &format!("/connections/{id}/lists"));
    let problem = refused(answer.send().await.unwrap(), 503).await;
    assert_eq!(problem["errorCode"], "destinationUnavailable");

    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!(run["status"], "successful", "{run}");
    assert_eq!(run["counts"]["inDoubt"], 0);
    assert!(run["attempt"].as_i64() > Some(1), "{run}");
    assert_eq!(connection(&app, &id).await["status"], "connected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_with_the_tokens_of_somebody_who_signs_in_meanwhile() {
    let app = start_with(&[]).await;
    let clock = async |time: &str| {
        let time = json!({"systemDate": format!("2026-03-11 {time}")});
        app.order(Method::PUT, "clock", &time).await;
    };
    settings(&app, &json!({"accessTokenLifeSeconds": 3600})).await;
    clock("09:00:00").await;
    let (id, export) = export_of(&app, 20_000).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 60}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(2000)).await;
    clock("09:30:00").await;
    sign_in(&app, &id).await;
    forget_calls(&app).await;
    clock("10:10:00").await;

    let run = app.ended(&run).await;
    assert_eq!((&run["status"], &run["attempt"]), (&json!("successful"), &json!(1)), "{run}");
    assert!(token_calls(&app).await.is_null(), "the tokens of the sign-in are good still");
}
