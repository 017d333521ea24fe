//! Tokens of an identity provider: keys found by discovery, and what is not believed.

mod provider;

use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::join_all;
use reqwest::Method;
use segment_export::db;
use serde_json::{Value, json};

use crate::support::{TestApp, good, refused, until};
pub use provider::{KEY, KEY_ID, Provider, changed, public_key, sign, sign_as};
use provider::{OTHER_KEY, unsigned, with_algorithm, with_crit, with_public_key, without_key_id};

async fn app_of(provider: &Provider) -> TestApp {
    TestApp::start_with(&["--auth-issuer", &provider.issuer]).await
}

async fn ask(app: &TestApp, token: &str) -> reqwest::Response {
    let path = format!("v1/instances/{}/exports", app.instance);
    app.anonymous(Method::GET, &path).bearer_auth(token).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_provider_is_believed_by_a_key_found_by_discovery() {
    let provider = Provider::start();
    let app = app_of(&provider).await;
    good(ask(&app, &sign(&provider.claims(), KEY, KEY_ID)).await).await;
    good(ask(&app, &sign(&provider.claims(), KEY, KEY_ID)).await).await;
    assert_eq!(provider.asked.load(Ordering::SeqCst), 1, "the key is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_wrong_in_one_thing_are_not_believed() {
    let provider = Provider::start();
    provider.publish(Some(vec![public_key(), changed(&[("kid", json!("another"))])]));
    let app = app_of(&provider).await;
    let with = |name: &str, value: Value| {
        let mut claims = provider.claims();
        claims[name] = value;
        sign(&claims, KEY, KEY_ID)
    };
    let now = db::now().timestamp();
    let tokens = [
        ("another issuer", with("iss", json!("http://example.com"))),
        ("another audience", with("aud", json!("somebody else"))),
        ("expired", with("exp", json!(now - 3600))),
        ("not valid yet", with("nbf", json!(now + 3600))),
        ("no subject", with("sub", Value::Null)),
        ("a subject that no database stores", with("sub", json!("ann\0"))),
        ("another key", sign(&provider.claims(), OTHER_KEY, KEY_ID)),
        ("an unknown key id", sign(&provider.claims(), KEY, "second")),
        ("no signature", unsigned(&provider.claims())),
        ("signed with the public key as a shared secret", with_public_key(&provider.claims())),
        ("an extension that must be understood", with_crit(&provider.claims())),
        ("an algorithm that is not that of the key", with_algorithm(&provider.claims(), "ES384")),
        ("no key id beside two keys", without_key_id(&provider.claims())),
        ("no JWT", "abc".to_owned()),
    ];
    for (wrong, token) in tokens {
        let problem = refused(ask(&app, &token).await, 401).await;
        assert_eq!(problem["errorCode"], "unauthenticated", "{wrong}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_unknown_key_ids_asks_the_provider_once() {
    let provider = Provider::start();
    let app = app_of(&provider).await;
    let gate = provider.gate.write().await;
    let flood = join_all((0..50).map(async |n| {
        let token = sign(&provider.claims(), KEY, &format!("unknown-{n}"));
        refused(ask(&app, &token).await, 401).await;
    }));
    let answer = async {
        until(async || provider.asked.load(Ordering::SeqCst) > 0).await;
        drop(gate);
    };
    tokio::join!(flood, answer);
    assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_whose_key_is_known_waits_for_a_provider_that_hangs() {
    let provider = Provider::start();
    let pause = ["--auth-jwks-pause-ms", "0"];
    let app = TestApp::start_with(&["--auth-issuer", &provider.issuer, pause[0], pause[1]]).await;
    good(ask(&app, &sign(&provider.claims(), KEY, KEY_ID)).await).await;
    let gate = provider.gate.write().await;
    let is_answered = AtomicBool::new(false);
    let unknown = async {
        let answer = ask(&app, &sign(&provider.claims(), KEY, "unknown")).await;
        is_answered.store(true, Ordering::SeqCst);
        refused(answer, 401).await;
    };
    let known = async {
        until(async || provider.asked.load(Ordering::SeqCst) == 2).await;
        let mut claims = provider.claims();
        claims["sub"] = json!("bob");
        good(ask(&app, &sign(&claims, KEY, KEY_ID)).await).await;
        assert!(!is_answered.load(Ordering::SeqCst), "the provider has not answered yet");
        drop(gate);
    };
    tokio::join!(unknown, known);
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_must_be_a_list_and_instances_are_never_guessed() {
    let provider = Provider::start();
    let app = app_of(&provider).await;
    for (name, value, status) in [
        ("roles", Value::Null, 403),
        ("roles", json!("Admin"), 403),
        ("roles", json!({"Admin": true}), 403),
        ("roles", json!(["admin", "ADMIN", ["Admin"]]), 403),
        ("roles", json!([]), 403),
        ("roles", json!(["Owner"]), 403),
        ("instances", json!([]), 404),
        ("instances", Value::Null, 404),
        ("instances", json!("*"), 404),
        ("instances", json!([["*"], {"*": true}, "**", " *"]), 404),
        ("instances", json!(app.instance.to_string()), 404),
        ("instances", json!(["0d1f7e5e-7b1d-4c53-9d4c-3a3f5e1f0a01"]), 404),
    ] {
        let mut claims = provider.claims();
        claims[name] = value.clone();
        refused(ask(&app, &sign(&claims, KEY, KEY_ID)).await, status).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_meant_for_something_else_opens_nothing() {
    let provider = Provider::start();
    let pause = ["--auth-jwks-pause-ms", "0"];
    let app = TestApp::start_with(&["--auth-issuer", &provider.issuer, pause[0], pause[1]]).await;
    let token = |kid: &str| sign(&provider.claims(), KEY, kid);
    let keys = [
        ("for encryption", ("use", json!("enc"))),
        ("for signing only", ("key_ops", json!(["sign"]))),
        ("for another algorithm", ("alg", json!("ES384"))),
        ("for an algorithm of RSA", ("alg", json!("RS256"))),
        ("of a kind nobody knows", ("kty", json!("AKP"))),
        ("on another curve", ("crv", json!("P-384"))),
        ("a shared secret", ("kty", json!("oct"))),
    ];
    for (n, (what, (member, value))) in keys.into_iter().enumerate() {
        let kid = format!("key-{n}");
        let key = changed(&[("kid", json!(kid)), (member, value), ("k", json!("c2VjcmV0"))]);
        provider.publish(Some(vec![key, public_key()]));
        let problem = refused(ask(&app, &token(&kid)).await, 401).await;
        assert_eq!(problem["errorCode"], "unauthenticated", "{what}: {problem}");
        good(ask(&app, &token(KEY_ID)).await).await;
    }
    let meant_for_us = changed(&[("kid", json!("ours")), ("key_ops", json!(["verify"]))]);
    provider.publish(Some(vec![meant_for_us]));
    good(ask(&app, &token("ours")).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_away_keeps_nobody_out_whose_key_is_known() {
    let provider = Provider::start();
    let issuer = ["--auth-issuer", &provider.issuer];
    let pauses = ["--auth-jwks-pause-ms", "0", "--auth-jwks-age-ms", "0"];
    let app = TestApp::start_with(&[issuer.as_slice(), &pauses].concat()).await;
    let (known, new) = (KEY_ID, "second");
    good(ask(&app, &sign(&provider.claims(), KEY, known)).await).await;
    provider.publish(None);
    good(ask(&app, &sign(&provider.claims(), KEY, known)).await).await;
    let answer = ask(&app, &sign(&provider.claims(), KEY, new)).await;
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(refused(answer, 503).await["errorCode"], "unavailable");
    good(ask(&app, &sign(&provider.claims(), KEY, known)).await).await;

    provider.publish(Some(vec![changed(&[("kid", json!(new))])]));
    until(async || ask(&app, &sign(&provider.claims(), KEY, new)).await.status() == 200).await;
    refused(ask(&app, &sign(&provider.claims(), KEY, known)).await, 401).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_believed_is_refused_when_it_has_expired_or_was_changed() {
    let provider = Provider::start();
    let settings = ["--auth-issuer", &provider.issuer, "--auth-leeway-seconds", "0"];
    let app = TestApp::start_with(&settings).await;
    let mut claims = provider.claims();
    claims["exp"] = json!(db::now().timestamp() + 3);
    let token = sign(&claims, KEY, KEY_ID);
    good(ask(&app, &token).await).await;
    good(ask(&app, &token).await).await;
    let (signed, _) = token.rsplit_once('.').unwrap();
    let forged = sign(&claims, OTHER_KEY, KEY_ID);
    let (_, signature) = forged.rsplit_once('.').unwrap();
    refused(ask(&app, &format!("{signed}.{signature}")).await, 401).await;
    until(async || ask(&app, &token).await.status() == 401).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_calls_itself_by_another_name_is_not_believed() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let provider = Provider::start_as(listener, "http://somebody.example.com");
    let app = app_of(&provider).await;
    refused(ask(&app, &sign(&provider.claims(), KEY, KEY_ID)).await, 503).await;
    assert_eq!(provider.asked.load(Ordering::SeqCst), 0);
}

/// The settings and the decoded token of a section of docs/IDENTITY.md.
fn documented(provider: &str) -> (Vec<String>, Value) {
    let page = include_str!("../../docs/IDENTITY.md");
    let (_, section) = page.split_once(&format!("\n## {provider}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let settings = section.lines().filter_map(|line| line.strip_prefix("    SEGMENT_EXPORT_"));
    let settings = settings.filter_map(|setting| setting.split_once('='));
    let flag = |name: &str| format!("--{}", name.to_lowercase().replace('_', "-"));
    let settings = settings.flat_map(|(name, value)| [flag(name), value.to_owned()]).collect();
    let (_, claims) = section.split_once("```json\n").unwrap();
    let (claims, _) = claims.split_once("```").unwrap();
    (settings, serde_json::from_str(claims).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_tokens_of_entra_id_and_keycloak_work_with_the_documented_settings() {
    let provider = Provider::start();
    let keys = format!("{}/keys", provider.issuer);
    for name in ["Entra ID", "Keycloak"] {
        let (settings, mut claims) = documented(name);
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        let app =
            TestApp::start_with(&[&settings, ["--auth-jwks-url", &keys].as_slice()].concat()).await;
        claims["nbf"] = json!(db::now().timestamp());
        claims["exp"] = json!(db::now().timestamp() + 600);
        let token = sign(&claims, KEY, KEY_ID);
        let status = async |method: Method, instance: &str| {
            let path = format!("v1/instances/{instance}/connections");
            app.anonymous(method, &path).bearer_auth(&token).send().await.unwrap().status().as_u16()
        };
        let named = "0d1f7e5e-7b1d-4c53-9d4c-3a3f5e1f0a01";
        assert_eq!(status(Method::GET, named).await, 200, "{name}: a contributor reads");
        assert_eq!(status(Method::POST, named).await, 403, "{name}: and is no administrator");
        let other = uuid::Uuid::now_v7().to_string();
        assert_eq!(status(Method::GET, &other).await, 404, "{name}: nor anywhere else");
    }
}
