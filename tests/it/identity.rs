//! Tokens of an identity provider: keys found by discovery, and what is not believed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{App, HttpResponse, HttpServer, web};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Method;
use segment_export::db;
use serde_json::{Value, json};

use crate::support::{TestApp, good, refused};

/// Made for these tests: `openssl ecparam -name prime256v1 -genkey | openssl pkcs8 -topk8 -nocrypt`.
const KEY: &str = include_str!("../fixtures/es256.pem");
const OTHER_KEY: &str = include_str!("../fixtures/es256-other.pem");
const KEY_ID: &str = "first";

/// A provider that publishes one key; counts how often it is asked for it.
struct Provider {
    issuer: String,
    asked: Arc<AtomicUsize>,
}

impl Provider {
    fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let (address, counter) = (issuer.clone(), asked.clone());
        let server = HttpServer::new(move || {
            let (address, counter) = (address.clone(), counter.clone());
            let discovery = json!({"issuer": address, "jwks_uri": format!("{address}/keys")});
            App::new()
                .route(
                    "/.well-known/openid-configuration",
                    web::get().to(move || {
                        let discovery = discovery.clone();
                        async move { HttpResponse::Ok().json(discovery) }
                    }),
                )
                .route(
                    "/keys",
                    web::get().to(move || {
                        counter.fetch_add(1, Ordering::SeqCst);
                        async { HttpResponse::Ok().json(json!({"keys": [public_key()]})) }
                    }),
                )
        });
        tokio::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
        Self { issuer, asked }
    }

    fn claims(&self) -> Value {
        json!({"iss": self.issuer, "aud": "segment-export", "sub": "ann", "roles": ["Admin"],
            "instances": ["*"], "exp": db::now().timestamp() + 600})
    }
}

fn public_key() -> Value {
    let text = include_str!("../fixtures/es256.jwk.json");
    serde_json::from_str(text).unwrap()
}

fn sign(claims: &Value, key: &str, key_id: &str) -> String {
    let header = Header { kid: Some(key_id.into()), ..Header::new(Algorithm::ES256) };
    encode(&header, claims, &EncodingKey::from_ec_pem(key.as_bytes()).unwrap()).unwrap()
}

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
        ("another key", sign(&provider.claims(), OTHER_KEY, KEY_ID)),
        ("an unknown key id", sign(&provider.claims(), KEY, "second")),
        ("no signature", unsigned(&provider.claims())),
        ("signed with the public key as a shared secret", with_public_key(&provider.claims())),
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
    for n in 0..50 {
        let token = sign(&provider.claims(), KEY, &format!("unknown-{n}"));
        refused(ask(&app, &token).await, 401).await;
    }
    assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_must_be_a_list_and_instances_are_never_guessed() {
    let provider = Provider::start();
    let app = app_of(&provider).await;
    for (name, value, status) in [
        ("roles", json!("Admin"), 403),
        ("roles", json!([]), 403),
        ("roles", json!(["Owner"]), 403),
        ("instances", json!([]), 404),
        ("instances", json!("*"), 404),
        ("instances", json!(["0d1f7e5e-7b1d-4c53-9d4c-3a3f5e1f0a01"]), 404),
    ] {
        let mut claims = provider.claims();
        claims[name] = value.clone();
        refused(ask(&app, &sign(&claims, KEY, KEY_ID)).await, status).await;
    }
}

fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({"alg": "none", "typ": "JWT"})), part(claims))
}

fn with_public_key(claims: &Value) -> String {
    let header = Header { kid: Some(KEY_ID.into()), ..Header::new(Algorithm::HS256) };
    let secret = public_key().to_string();
    encode(&header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}
