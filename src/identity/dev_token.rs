//! Tokens for development: signed with a shared secret, which only `--dev` accepts.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

/// The instance of examples, which the console opens in development mode.
pub const DEV_INSTANCE: &str = "0d1f7e5e-7b1d-4c53-9d4c-3a3f5e1f0a01";

/// The claims of a development token, named as RFC 7519 names them.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "most claims are explained in RFC 7519")]
pub struct DevClaims {
    pub sub: String,
    /// As `Role::parse` reads them.
    pub roles: Vec<String>,
    /// Instance ids, or `*`.
    pub instances: Vec<String>,
    pub iss: String,
    pub aud: String,
    /// Seconds since 1970.
    pub exp: i64,
}

/// A token that a service accepts which runs with `--dev` and the same secret.
pub fn sign(claims: &DevClaims, secret: &SecretString) -> jsonwebtoken::errors::Result<String> {
    let key = EncodingKey::from_secret(secret.expose_secret().as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key)
}
