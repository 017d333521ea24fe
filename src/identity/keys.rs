//! The keys that an identity provider publishes (JWKS), found by `OpenID` discovery where no address is set.
//! They are cached, and fetched again when a token names a key that is not there.

use std::time::Duration;

use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::Error;
use crate::config::Auth;

/// Keys are fetched at most this often, however many unknown key ids arrive.
const FETCH_PAUSE: Duration = Duration::from_secs(10);
/// Keys older than this are fetched again, so that a withdrawn key stops working.
const KEYS_AGE_MAX: Duration = Duration::from_hours(1);

/// The published keys.
pub struct Published {
    http: reqwest::Client,
    source: Source,
    keys: Mutex<Fetched>,
}

enum Source {
    Jwks(Url),
    Issuer(String),
}

#[derive(Default)]
struct Fetched {
    keys: Vec<Jwk>,
    at: Option<Instant>,
}

impl Published {
    /// The keys of the issuer that the settings name, if it has an address.
    pub fn of(auth: &Auth, http: reqwest::Client) -> Option<Self> {
        let issuer = auth.auth_issuer.clone().unwrap_or_default();
        let source = match &auth.auth_jwks_url {
            Some(url) => Source::Jwks(url.clone()),
            None if issuer.starts_with("http") => Source::Issuer(issuer),
            None => return None,
        };
        Some(Self { http, source, keys: Mutex::default() })
    }

    /// The key named `kid`, fetched where need be.
    pub async fn find(&self, kid: Option<&str>) -> Result<Jwk, Error> {
        let mut fetched = self.keys.lock().await;
        if fetched.find(kid).is_none() || fetched.is_older_than(KEYS_AGE_MAX) {
            self.refresh(&mut fetched).await?;
        }
        fetched.find(kid).cloned().ok_or(Error::Invalid("the token is signed with an unknown key"))
    }

    /// Fetches the keys, at most once in `FETCH_PAUSE`. Old keys outlive a provider that is away.
    async fn refresh(&self, fetched: &mut Fetched) -> Result<(), Error> {
        if fetched.at.is_some() && !fetched.is_older_than(FETCH_PAUSE) {
            return Ok(());
        }
        match self.fetch().await {
            Ok(set) => *fetched = Fetched { keys: set.keys, at: Some(Instant::now()) },
            Err(error) if fetched.keys.is_empty() => return Err(Error::Unavailable(error)),
            Err(error) => {
                tracing::warn!(error = %error, "the identity provider's keys cannot be read; the old ones stay");
                fetched.at = Some(Instant::now());
            }
        }
        Ok(())
    }

    async fn fetch(&self) -> Result<JwkSet, reqwest::Error> {
        let url = match &self.source {
            Source::Jwks(url) => url.clone(),
            Source::Issuer(issuer) => self.discover(issuer).await?,
        };
        self.http.get(url).send().await?.error_for_status()?.json().await
    }

    async fn discover(&self, issuer: &str) -> Result<Url, reqwest::Error> {
        #[derive(Deserialize)]
        struct Discovery {
            jwks_uri: Url,
        }
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let found: Discovery = self.http.get(url).send().await?.error_for_status()?.json().await?;
        Ok(found.jwks_uri)
    }
}

impl Fetched {
    /// The key named `kid`, or the only key when the token names none.
    fn find(&self, kid: Option<&str>) -> Option<&Jwk> {
        match kid {
            Some(kid) => self.keys.iter().find(|key| key.common.key_id.as_deref() == Some(kid)),
            None => self.keys.first().filter(|_| self.keys.len() == 1),
        }
    }

    fn is_older_than(&self, age: Duration) -> bool {
        self.at.is_none_or(|at| at.elapsed() > age)
    }
}

/// The algorithm that a key is for; `None` when we take no such keys.
pub fn algorithm_of(key: &Jwk) -> Option<Algorithm> {
    match &key.algorithm {
        AlgorithmParameters::RSA(_) => Some(Algorithm::RS256),
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
            Some(Algorithm::ES256)
        }
        _ => None,
    }
}
