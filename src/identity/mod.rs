//! Who a bearer token says the caller is, and whether to believe it.
//!
//! Tokens are signed with RS256 or ES256 by the identity provider; its keys come from a JWKS, found by
//! `OpenID` discovery, cached, and fetched again when a token names a key that is not there. The
//! algorithm always comes from the key, never from the token alone. HS256 with a shared secret
//! exists for development.

mod believed;
mod keys;
pub mod settings;

use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::time::Instant;
use uuid::Uuid;

use crate::identity::settings::Auth;
use believed::Believed;
use keys::{Published, algorithm_of};

/// What a caller may do; each role may do all that the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Role {
    /// Reads exports, runs and segments.
    Viewer,
    /// Manages exports over connections shared with contributors.
    Contributor,
    /// Manages everything.
    Admin,
}

/// The instances a caller may touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instances {
    /// Every one.
    All,
    /// Only these.
    These(Vec<Uuid>),
}

/// A caller, as its token proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Stable id at the identity provider (`sub`).
    pub subject: String,
    /// Name to show (`name`, else the subject).
    pub name: String,
    /// The highest of its roles.
    pub role: Role,
    /// Where it may act.
    pub instances: Instances,
}

/// Why a token is not believed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The token is wrong; the text says how, without quoting it.
    #[error("{0}")]
    Invalid(&'static str),
    /// The token is sound but gives no role of ours.
    #[error("the token names no role of this service")]
    NoRole,
    /// The identity provider's keys cannot be had now.
    #[error("the identity provider's keys cannot be read")]
    Unavailable,
}

/// Checks tokens.
pub struct Verifier {
    auth: Auth,
    shared: Option<DecodingKey>,
    published: Option<Arc<Published>>,
    believed: Believed,
}

/// What the signature of a token is checked with.
struct Signing {
    key: DecodingKey,
    algorithm: Algorithm,
    /// When the key has to be read again, if it is a published one.
    until: Option<Instant>,
}

impl Verifier {
    /// A verifier with the settings `auth`, which `Config::check` has passed.
    #[must_use]
    pub fn new(auth: Auth, http: reqwest::Client) -> Self {
        let shared = (auth.auth_hs256_secret.as_ref())
            .map(|secret| DecodingKey::from_secret(secret.expose_secret().as_bytes()));
        let published = Published::of(&auth, http).map(Arc::new);
        Self { shared, published, believed: Believed::default(), auth }
    }

    /// Believes `token`, or says why not.
    pub async fn verify(&self, token: &str) -> Result<Identity, Error> {
        match self.believed.find(token) {
            Some(identity) => Ok(identity),
            None => self.check(token).await,
        }
    }

    async fn check(&self, token: &str) -> Result<Identity, Error> {
        let header = jsonwebtoken::decode_header(token)
            .map_err(|_| Error::Invalid("the token is not a JWT"))?;
        // RFC 7515: whoever does not understand what is critical must refuse, and we understand no extension.
        if header.crit.is_some() {
            return Err(Error::Invalid("the token demands an extension that is not understood"));
        }
        let signing = self.signing(&header).await?;
        let validation = self.validation(signing.algorithm);
        let claims = jsonwebtoken::decode::<Map<String, Value>>(token, &signing.key, &validation)
            .map_err(|error| Error::Invalid(explain(&error)))?
            .claims;
        let identity = self.identity(&claims)?;
        self.believed.remember(token, &claims, signing.until, &identity);
        Ok(identity)
    }

    async fn signing(&self, header: &Header) -> Result<Signing, Error> {
        if header.alg == Algorithm::HS256 {
            let key = self
                .shared
                .clone()
                .ok_or(Error::Invalid("tokens with a shared secret are not accepted"))?;
            return Ok(Signing { key, algorithm: Algorithm::HS256, until: None });
        }
        let published = self
            .published
            .as_ref()
            .ok_or(Error::Invalid("the signing algorithm is not accepted"))?;
        let (jwk, until) = published.find(header.kid.as_deref()).await?;
        let algorithm = algorithm_of(&jwk)
            .ok_or(Error::Invalid("the signing key is of a kind not accepted"))?;
        let key =
            DecodingKey::from_jwk(&jwk).map_err(|_| Error::Invalid("the signing key is broken"))?;
        Ok(Signing { key, algorithm, until: Some(until) })
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = self.auth.auth_leeway_seconds;
        validation.validate_nbf = true;
        validation.set_issuer(self.auth.auth_issuer.as_slice());
        validation.set_audience(self.auth.auth_audience.as_slice());
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation
    }

    fn identity(&self, claims: &Map<String, Value>) -> Result<Identity, Error> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let subject = text("sub")
            .filter(|subject| !subject.is_empty())
            .ok_or(Error::Invalid("the token names no subject"))?;
        let role = strings(claims, &self.auth.auth_roles_claim)
            .filter_map(Role::parse)
            .max()
            .ok_or(Error::NoRole)?;
        let instances: Vec<&str> = strings(claims, &self.auth.auth_instances_claim).collect();
        let instances = if instances.contains(&"*") {
            Instances::All
        } else {
            Instances::These(instances.iter().filter_map(|id| id.parse().ok()).collect())
        };
        let name = text("name").unwrap_or_else(|| subject.clone());
        Ok(Identity { subject, name, role, instances })
    }
}

impl Role {
    /// Reads a role as tokens write it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "Viewer" => Some(Self::Viewer),
            "Contributor" => Some(Self::Contributor),
            "Admin" | "Administrator" => Some(Self::Admin),
            _ => None,
        }
    }
}

impl Instances {
    /// Whether the caller may touch `instance`.
    #[must_use]
    pub fn contain(&self, instance: Uuid) -> bool {
        match self {
            Self::All => true,
            Self::These(ids) => ids.contains(&instance),
        }
    }
}

/// The strings of an array claim. A lone string is no array: it is not guessed at.
fn strings<'a>(claims: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a str> {
    let list = claims.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

fn explain(error: &jsonwebtoken::errors::Error) -> &'static str {
    use jsonwebtoken::errors::ErrorKind as Kind;
    match error.kind() {
        Kind::ExpiredSignature => "the token has expired",
        Kind::ImmatureSignature => "the token is not valid yet",
        Kind::InvalidIssuer => "the token comes from another issuer",
        Kind::InvalidAudience => "the token is meant for another audience",
        Kind::MissingRequiredClaim(_) => "the token lacks one of exp, iss, aud, sub",
        Kind::InvalidSignature | Kind::InvalidAlgorithm => "the token's signature is wrong",
        _ => "the token is malformed",
    }
}

/// The claims of a development token.
#[derive(Debug, Serialize)]
pub struct DevClaims {
    /// Subject.
    pub sub: String,
    /// Roles, as tokens write them.
    pub roles: Vec<String>,
    /// Instance ids, or `*`.
    pub instances: Vec<String>,
    /// Issuer.
    pub iss: String,
    /// Audience.
    pub aud: String,
    /// Expiry, seconds since 1970.
    pub exp: i64,
}

/// Signs a development token.
pub fn sign(claims: &DevClaims, secret: &SecretString) -> jsonwebtoken::errors::Result<String> {
    let key = EncodingKey::from_secret(secret.expose_secret().as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key)
}
