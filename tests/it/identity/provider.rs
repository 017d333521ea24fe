//! A provider of identities, the tokens it signs, and tokens that others forge.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpResponse, HttpServer, web};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use segment_export::db;
use serde_json::{Value, json};
use tokio::sync::RwLock;

/// Made for these tests: `openssl ecparam -name prime256v1 -genkey | openssl pkcs8 -topk8 -nocrypt`.
pub const KEY: &str = include_str!("../../fixtures/es256.pem");
pub const OTHER_KEY: &str = include_str!("../../fixtures/es256-other.pem");
pub const KEY_ID: &str = "first";

/// A provider whose keys, and whether it answers at all, a test decides; counts how often it is asked for them.
pub struct Provider {
    pub issuer: String,
    pub asked: Arc<AtomicUsize>,
    /// `None`: it is away.
    keys: Arc<Mutex<Option<Vec<Value>>>>,
    /// Whoever holds this to write keeps everybody waiting who asks for the keys.
    pub gate: Arc<RwLock<()>>,
}

impl Provider {
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        Self::start_as(listener, &issuer)
    }

    /// A provider that calls itself `name`.
    pub fn start_as(listener: std::net::TcpListener, name: &str) -> Self {
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let keys = Arc::new(Mutex::new(Some(vec![public_key()])));
        let gate = Arc::<RwLock<()>>::default();
        let discovery = json!({"issuer": name, "jwks_uri": format!("{issuer}/keys")});
        let (counter, published, waits) = (asked.clone(), keys.clone(), gate.clone());
        let server = HttpServer::new(move || {
            let (discovery, counter, published, waits) =
                (discovery.clone(), counter.clone(), published.clone(), waits.clone());
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
                        let (published, waits) = (published.clone(), waits.clone());
                        async move {
                            let _go_on = waits.read().await;
                            let keys = published.lock().unwrap().clone();
                            match keys {
                                Some(keys) => HttpResponse::Ok().json(json!({"keys": keys})),
                                None => HttpResponse::ServiceUnavailable().finish(),
                            }
                        }
                    }),
                )
        });
        tokio::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
        Self { issuer, asked, keys, gate }
    }

    pub fn publish(&self, keys: Option<Vec<Value>>) {
        *self.keys.lock().unwrap() = keys;
    }

    pub fn claims(&self) -> Value {
        json!({"iss": self.issuer, "aud": "segment-export", "sub": "ann", "roles": ["Admin"],
            "instances": ["*"], "exp": db::now().timestamp() + 600})
    }
}

pub fn public_key() -> Value {
    let text = include_str!("../../fixtures/es256.jwk.json");
    serde_json::from_str(text).unwrap()
}

pub fn sign(claims: &Value, key: &str, key_id: &str) -> String {
    let header = Header { kid: Some(key_id.into()), ..Header::new(Algorithm::ES256) };
    encode(&header, claims, &EncodingKey::from_ec_pem(key.as_bytes()).unwrap()).unwrap()
}

/// A token whose header calls it another type.
pub fn sign_as(claims: &Value, typ: &str) -> String {
    let typ = Some(typ.to_owned());
    signed_with(&Header { kid: Some(KEY_ID.into()), typ, ..Header::new(Algorithm::ES256) }, claims)
}

/// The public key, with other members.
pub fn changed(members: &[(&str, Value)]) -> Value {
    let mut key = public_key();
    for (name, value) in members {
        key[*name] = value.clone();
    }
    key
}

pub fn signed_with(header: &Header, claims: &Value) -> String {
    encode(header, claims, &EncodingKey::from_ec_pem(KEY.as_bytes()).unwrap()).unwrap()
}

pub fn with_crit(claims: &Value) -> String {
    let crit = Some(vec!["exp".into()]);
    let header = Header { kid: Some(KEY_ID.into()), crit, ..Header::new(Algorithm::ES256) };
    signed_with(&header, claims)
}

pub fn without_key_id(claims: &Value) -> String {
    signed_with(&Header::new(Algorithm::ES256), claims)
}

/// A good token whose header names another algorithm.
pub fn with_algorithm(claims: &Value, algorithm: &str) -> String {
    let token = sign(claims, KEY, KEY_ID);
    let (_, rest) = token.split_once('.').unwrap();
    let header = json!({"alg": algorithm, "typ": "JWT", "kid": KEY_ID}).to_string();
    format!("{}.{rest}", BASE64_URL_SAFE_NO_PAD.encode(header))
}

pub fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({"alg": "none", "typ": "JWT"})), part(claims))
}

pub fn with_public_key(claims: &Value) -> String {
    let header = Header { kid: Some(KEY_ID.into()), ..Header::new(Algorithm::HS256) };
    let secret = public_key().to_string();
    encode(&header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}
