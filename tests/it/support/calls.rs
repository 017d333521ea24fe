//! Calls of the API, and their answers.

use chrono::TimeDelta;
use clap::Parser;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Method, RequestBuilder, Response};
use secrecy::ExposeSecret;
use segment_export::db;
use segment_export::identity::{DevClaims, sign};
use serde_json::{Value, json};

use super::{Settings, TestApp, members, named};

impl TestApp {
    pub fn token(&self, role: &str) -> String {
        Self::token_for(role, &self.instance.to_string())
    }

    pub fn token_for(role: &str, instance: &str) -> String {
        Self::token_until(role, instance, TimeDelta::hours(3))
    }

    pub fn token_that_expires_in(&self, role: &str, life: TimeDelta) -> String {
        Self::token_until(role, &self.instance.to_string(), life)
    }

    fn token_until(role: &str, instance: &str, life: TimeDelta) -> String {
        let config = Settings::try_parse_from(["it", "--dev"]).unwrap().config.check().unwrap();
        let claims = DevClaims {
            sub: format!("{role}@example.com"),
            roles: vec![role.into()],
            instances: vec![instance.into()],
            iss: config.auth.auth_issuer.unwrap(),
            aud: config.auth.auth_audience.unwrap(),
            exp: (db::now() + life).timestamp(),
        };
        sign(&claims, &config.auth.auth_hs256_secret.unwrap()).unwrap()
    }

    /// The token of an administrator with a name.
    pub fn token_named(&self, subject: &str, name: &str) -> String {
        let auth = Settings::try_parse_from(["it", "--dev"]).unwrap().config.check().unwrap().auth;
        let claims = json!({"sub": subject, "name": name, "roles": ["Admin"], "instances": [self.instance],
            "iss": auth.auth_issuer, "aud": auth.auth_audience, "exp": (db::now() + TimeDelta::hours(1)).timestamp()});
        let secret = auth.auth_hs256_secret.unwrap();
        let key = EncodingKey::from_secret(secret.expose_secret().as_bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
    }

    /// A request to an endpoint of the instance, as `role`.
    pub fn request(&self, role: &str, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, &format!("v1/instances/{}{path}", self.instance))
            .bearer_auth(self.token(role))
    }

    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    pub async fn get(&self, path: &str) -> Value {
        good(self.request("Admin", Method::GET, path).send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Value {
        good(self.request("Admin", Method::POST, path).json(body).send().await.unwrap()).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Value {
        good(self.request("Admin", Method::PUT, path).json(body).send().await.unwrap()).await
    }
}

/// The answer of a call that must succeed.
pub async fn good(response: Response) -> Value {
    let status = response.status();
    let body = response.text().await.unwrap();
    assert!(status.is_success(), "{status}: {body}");
    serde_json::from_str(&body).unwrap_or(Value::Null)
}

/// The problem of a call that must be refused with `status`.
pub async fn refused(response: Response, status: u16) -> Value {
    let (actual, media) = (response.status(), response.headers()["content-type"].clone());
    let body = response.text().await.unwrap();
    assert_eq!(actual.as_u16(), status, "{body}");
    assert_eq!(media, "application/problem+json");
    assert_eq!(members::named_twice(&body), None, "{body}");
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(named::unnamed(&problem), None, "{problem}");
    for member in ["type", "title", "detail", "errorCode", "culprit", "instance"] {
        assert!(problem[member].is_string(), "{member} in {problem}");
    }
    problem
}

pub fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}")).to_owned()
}
