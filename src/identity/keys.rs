//! The keys that an identity provider publishes (JWKS), found by `OpenID` discovery where no address is set.
//! They are cached, and fetched again when a token names a key that is not there.

use std::time::Duration;

use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::Error;
use crate::config::Auth;

/// How long a provider that is away is left alone.
const AWAY_PAUSE: Duration = Duration::from_secs(1);

/// The published keys.
pub struct Published {
    http: reqwest::Client,
    source: Source,
    /// Keys are fetched at most this often, however many unknown key ids arrive.
    pause: Duration,
    /// Keys older than this are fetched again, so that a withdrawn key stops working.
    age_max: Duration,
    keys: Mutex<Fetched>,
}

enum Source {
    Jwks(Url),
    Issuer(String),
}

#[derive(Default)]
struct Fetched {
    keys: Vec<Jwk>,
    /// When they were asked for last.
    at: Option<Instant>,
    /// Whether that failed: the keys are those of an earlier time.
    is_away: bool,
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
        let pause = Duration::from_millis(auth.auth_jwks_pause_ms);
        let age_max = Duration::from_millis(auth.auth_jwks_age_ms);
        Some(Self { http, source, pause, age_max, keys: Mutex::default() })
    }

    /// The key named `kid`, fetched where need be, and until when that is not needed again. Old keys outlive a provider
    /// that is away; what it may have added meanwhile cannot be told.
    pub async fn find(&self, kid: Option<&str>) -> Result<(Jwk, Instant), Error> {
        let mut fetched = self.keys.lock().await;
        if fetched.find(kid).is_none() || fetched.is_older_than(self.age_max) {
            self.refresh(&mut fetched).await;
        }
        match fetched.find(kid) {
            Some(key) => Ok((key.clone(), fetched.at.unwrap_or_else(Instant::now) + self.age_max)),
            None if fetched.is_away => Err(Error::Unavailable),
            None => Err(Error::Invalid("the token is signed with an unknown key")),
        }
    }

    /// Fetches the keys, at most once in a while.
    async fn refresh(&self, fetched: &mut Fetched) {
        let pause = if fetched.is_away { AWAY_PAUSE } else { self.pause };
        if !fetched.is_older_than(pause) {
            return;
        }
        let answer = self.fetch().await;
        (fetched.at, fetched.is_away) = (Some(Instant::now()), answer.is_err());
        match answer {
            Ok(keys) => fetched.keys = keys,
            Err(error) => tracing::warn!(
                error = format!("{error:#}"),
                "the identity provider's keys cannot be read; those read before stay good"
            ),
        }
    }

    /// The keys that we can read; others are for others.
    async fn fetch(&self) -> anyhow::Result<Vec<Jwk>> {
        #[derive(Deserialize)]
        struct Jwks {
            keys: Vec<serde_json::Value>,
        }
        let url = match &self.source {
            Source::Jwks(url) => url.clone(),
            Source::Issuer(issuer) => self.discover(issuer).await?,
        };
        let set: Jwks = self.http.get(url).send().await?.error_for_status()?.json().await?;
        Ok(set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
    }

    async fn discover(&self, issuer: &str) -> anyhow::Result<Url> {
        #[derive(Deserialize)]
        struct Discovery {
            issuer: String,
            jwks_uri: Url,
        }
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let found: Discovery = self.http.get(url).send().await?.error_for_status()?.json().await?;
        anyhow::ensure!(found.issuer == issuer, "the provider calls itself {}", found.issuer);
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

/// The algorithm that a key is for; `None` when we take no such keys, or it is meant for something else.
pub fn algorithm_of(key: &Jwk) -> Option<Algorithm> {
    let (algorithm, named) = match &key.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        _ => return None,
    };
    let common = &key.common;
    let signs = common.public_key_use.as_ref().is_none_or(|use_| *use_ == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
    (signs && common.key_algorithm.is_none_or(|alg| alg == named)).then_some(algorithm)
}
