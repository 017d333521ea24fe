//! Which tokens open the service, and how long.

use futures::StreamExt;
use reqwest::Method;
use segment_export::db;
use serde_json::{Value, json};

use crate::identity::{KEY, KEY_ID, Provider, changed, public_key, sign, sign_as};
use crate::support::{TestApp, good, refused, text, until};

async fn ask(app: &TestApp, token: &str) -> reqwest::Response {
    let path = format!("v1/instances/{}/exports", app.instance);
    app.anonymous(Method::GET, &path).bearer_auth(token).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_access_token_opens_anything_and_others_are_refused_in_words() {
    let provider = Provider::start();
    let app = TestApp::start_with(&["--auth-issuer", &provider.issuer]).await;
    let with = |name: &str, value: Value| {
        let mut claims = provider.claims();
        claims[name] = value;
        claims
    };
    let logout = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    for (typ, claims, words) in [
        ("JWT", with("nonce", json!("n-0S6_WzA2Mj")), "ID token"),
        ("JWT", with("at_hash", json!("77QmUPtjPfzWtF2AnpK9RQ")), "ID token"),
        ("JWT", with("events", logout), "logout token"),
        (
            "JWT",
            with("cnf", json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})),
            "`cnf`",
        ),
        ("logout+jwt", provider.claims(), "not an access token"),
        ("dpop+jwt", provider.claims(), "not an access token"),
    ] {
        let answer = ask(&app, &sign_as(&claims, typ)).await;
        let problem = refused(answer, 401).await;
        assert!(problem["detail"].as_str().unwrap().contains(words), "{words}: {problem}");
    }
    good(ask(&app, &sign_as(&with("scope", json!("exports")), "at+jwt")).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_at_jwt_is_required_an_id_token_without_a_mark_of_its_own_opens_nothing() {
    let provider = Provider::start();
    let required = ["--auth-issuer", &provider.issuer, "--auth-require-at-jwt"];
    let app = TestApp::start_with(&required).await;
    let problem = refused(ask(&app, &sign_as(&provider.claims(), "JWT")).await, 401).await;
    assert!(problem["detail"].as_str().unwrap().contains("at+jwt"), "{problem}");
    good(ask(&app, &sign_as(&provider.claims(), "at+jwt")).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_set_may_hold_keys_for_other_uses_also_under_the_name_of_the_signing_key() {
    let provider = Provider::start();
    let rsa = json!({"kty": "RSA", "kid": KEY_ID, "use": "sig", "alg": "RS256", "e": "AQAB", "n": "sXch-5tZ"});
    provider.publish(Some(vec![changed(&[("use", json!("enc"))]), rsa, public_key()]));
    let app = TestApp::start_with(&["--auth-issuer", &provider.issuer]).await;
    good(ask(&app, &sign(&provider.claims(), KEY, KEY_ID)).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_set_of_more_than_a_mebibyte_is_not_read() {
    let provider = Provider::start();
    let padding = changed(&[("kid", json!("padding")), ("x5c", json!(["A".repeat(2 << 20)]))]);
    provider.publish(Some(vec![public_key(), padding]));
    let app = TestApp::start_with(&["--auth-issuer", &provider.issuer]).await;
    refused(ask(&app, &sign(&provider.claims(), KEY, KEY_ID)).await, 503).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_events_ends_when_its_token_expires_or_its_key_is_withdrawn() {
    let provider = Provider::start();
    let mut app = TestApp::start_with(&["--roles", "api"]).await;
    let export = app.export_of(1).await;
    let run = app.start_run(&export).await;
    let issuer = ["--roles", "api", "--auth-issuer", &provider.issuer];
    let keys =
        ["--auth-leeway-seconds", "0", "--auth-jwks-age-ms", "100", "--auth-jwks-pause-ms", "0"];
    app.restart_with(&[issuer.as_slice(), &keys].concat()).await;
    let token = |seconds: i64| {
        let mut claims = provider.claims();
        claims["exp"] = json!(db::now().timestamp() + seconds);
        sign(&claims, KEY, KEY_ID)
    };
    let admin = token(600);
    let events = format!("v1/instances/{}/runs/{run}/events", app.instance);
    let follow = async |token: &str| {
        let answer = app.anonymous(Method::GET, &events).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let mut pieces = answer.bytes_stream();
        let first = pieces.next().await.unwrap().unwrap();
        assert!(first.starts_with(b"event: run"), "{first:?}");
        pieces
    };
    let follow_by_ticket = async |token: &str| {
        let path = format!("v1/instances/{}/runs/{run}/event-ticket", app.instance);
        let ticket = app.anonymous(Method::POST, &path).bearer_auth(token).send().await.unwrap();
        let url = text(&good(ticket).await, "url");
        let answer = app.anonymous(Method::GET, url.trim_start_matches('/')).send().await.unwrap();
        let mut pieces = answer.bytes_stream();
        assert!(pieces.next().await.unwrap().unwrap().starts_with(b"event: run"));
        pieces
    };
    let (mut short, mut long) = (follow(&token(3)).await, follow(&admin).await);
    let mut by_ticket = follow_by_ticket(&admin).await;
    assert!(short.next().await.is_none(), "the token has expired");
    provider.publish(Some(vec![changed(&[("kid", json!("new"))])]));
    assert!(long.next().await.is_none(), "its key is withdrawn");
    assert!(by_ticket.next().await.is_none(), "also of a stream that a ticket opened");
    until(async || ask(&app, &admin).await.status() == 401).await;
}
