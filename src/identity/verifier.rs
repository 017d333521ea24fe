//! Verifies bearer tokens: signature, issuer, audience and times, then the claims of the caller.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::caller::{Error, Identity, Instances, Role};
use super::keys::{PublishedKeys, algorithm_of};
use super::kinds;
use super::settings::Auth;
use super::token_cache::TokenCache;
use super::token_key::TokenKey;

/// Verifies tokens, and caches those that were verified lately.
pub struct Verifier {
    auth: Auth,
    shared: Option<DecodingKey>,
    published: Option<Arc<PublishedKeys>>,
    cache: TokenCache,
}

/// What the signature of a token is checked with.
struct Signing {
    key: DecodingKey,
    algorithm: Algorithm,
    /// When a published key has to be read again.
    until: Option<Instant>,
}

impl Verifier {
    /// With settings that `Config::check` has passed.
    #[must_use]
    pub fn new(auth: Auth, http: reqwest::Client) -> Self {
        let shared = (auth.auth_hs256_secret.as_ref())
            .map(|secret| DecodingKey::from_secret(secret.expose_secret().as_bytes()));
        let published = PublishedKeys::of(&auth, http).map(Arc::new);
        Self { shared, published, cache: TokenCache::default(), auth }
    }

    /// The caller that `token` names, or why the token is rejected.
    pub async fn verify(&self, token: &str) -> Result<Identity, Error> {
        match self.cache.find(token) {
            Some(identity) => Ok(identity),
            None => self.check(token).await,
        }
    }

    /// Whether tokens that are signed with the key are still accepted. A provider that is unavailable withdraws
    /// nothing.
    pub async fn accepts(&self, key: &TokenKey) -> bool {
        let Some(header) = key.header() else { return false };
        !matches!(self.signing(&header).await, Err(Error::Invalid(_)))
    }

    async fn check(&self, token: &str) -> Result<Identity, Error> {
        let header = jsonwebtoken::decode_header(token)
            .map_err(|_| Error::Invalid("the token is not a JWT"))?;
        // RFC 7515: a critical extension that is not understood must be rejected, and we understand none.
        if header.crit.is_some() {
            return Err(Error::Invalid("the token demands an extension that is not understood"));
        }
        kinds::check_type(header.typ.as_deref(), self.auth.auth_require_at_jwt)?;
        let signing = self.signing(&header).await?;
        let validation = self.validation(signing.algorithm);
        let claims = jsonwebtoken::decode::<Map<String, Value>>(token, &signing.key, &validation)
            .map_err(|error| Error::Invalid(explain(&error)))?
            .claims;
        kinds::check_claims(header.typ.as_deref(), &claims)?;
        let identity = self.identity(&claims)?;
        self.cache.remember(token, &claims, signing.until, &identity);
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
        let (jwk, until) = published.find(header.kid.as_deref(), header.alg).await?;
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
        if subject.contains('\0') {
            return Err(Error::Invalid("the subject of the token has a zero byte"));
        }
        let roles = strings(claims, &self.auth.auth_roles_claim).filter_map(Role::parse);
        let roles: Vec<_> = roles.collect();
        let role = roles.iter().copied().max().ok_or(Error::NoRole)?;
        let is_operator = roles.contains(&Role::Operator);
        let instances: Vec<&str> = strings(claims, &self.auth.auth_instances_claim).collect();
        let instances = if instances.contains(&"*") {
            Instances::All
        } else {
            Instances::These(instances.iter().filter_map(|id| id.parse().ok()).collect())
        };
        let name = text("name").unwrap_or_else(|| subject.clone());
        Ok(Identity { subject, name, role, is_operator, instances })
    }
}

/// The strings of an array claim. A single string is not an array, and gives nothing.
fn strings<'a>(claims: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a str> {
    let list = claims.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

fn explain(error: &jsonwebtoken::errors::Error) -> &'static str {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::ExpiredSignature => "the token has expired",
        ErrorKind::ImmatureSignature => "the token is not valid yet",
        ErrorKind::InvalidIssuer => "the token comes from another issuer",
        ErrorKind::InvalidAudience => "the token is meant for another audience",
        ErrorKind::MissingRequiredClaim(_) => "the token lacks one of exp, iss, aud, sub",
        ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => {
            "the token's signature is wrong"
        }
        _ => "the token is malformed",
    }
}
