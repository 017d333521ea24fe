//! The keys that an identity provider publishes (JWKS), found by `OpenID` discovery where no address is set.
//! They are cached, and fetched again when they are old or a token names a key that is not there. Whoever comes with a
//! key that is known and not old waits for nobody, and nobody waits for a provider that was away a moment ago.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use serde::Deserialize;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::Instrument;
use url::Url;

use super::Error;
use super::settings::Auth;

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
    known: Mutex<Known>,
    /// Whose turn it is to fetch them.
    turn: Arc<Turn<()>>,
}

enum Source {
    Jwks(Url),
    Issuer(String),
}

#[derive(Default)]
struct Known {
    keys: Vec<Jwk>,
    /// When they were read: their age counts from here.
    read_at: Option<Instant>,
    /// When that was tried last, and ended.
    tried_at: Option<Instant>,
    /// Whether it failed then: the keys are those of an earlier time.
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
        Some(Self { http, source, pause, age_max, known: Mutex::default(), turn: Arc::default() })
    }

    /// The key named `kid`, fetched where need be, and until when that is not needed again. Old keys outlive a provider
    /// that is away; what it may have added meanwhile cannot be told.
    pub async fn find(self: &Arc<Self>, kid: Option<&str>) -> Result<(Jwk, Instant), Error> {
        let (found, is_away) = self.look(kid);
        if let Some((key, until)) = found {
            if Instant::now() < until {
                return Ok((key, until));
            }
            if is_away {
                if let Ok(turn) = self.turn.clone().try_lock_owned() {
                    self.refresh(turn);
                }
                return Ok((key, until));
            }
        }
        let turn = self.turn.clone().lock_owned().await;
        // What becomes of it is told by the keys.
        let _ = self.refresh(turn).await;
        match self.look(kid) {
            (Some(found), _) => Ok(found),
            (None, true) => Err(Error::Unavailable),
            (None, false) => Err(Error::Invalid("the token is signed with an unknown key")),
        }
    }

    /// What is known of a key, and whether the provider was away last.
    fn look(&self, kid: Option<&str>) -> (Option<(Jwk, Instant)>, bool) {
        let known = self.known();
        (known.find(kid, self.age_max), known.is_away)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fetches the keys, at most once in a while. A task of its own sees to that: others may wait for what a caller that
    /// goes away has begun.
    fn refresh(self: &Arc<Self>, turn: OwnedMutexGuard<()>) -> JoinHandle<()> {
        let published = self.clone();
        let refresh = async move {
            if published.known().is_due(published.pause) {
                let answer = published.fetch().await;
                published.known().keep(answer);
            }
            drop(turn);
        };
        tokio::spawn(refresh.in_current_span())
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

impl Known {
    /// The key named `kid`, or the only key when the token names none, and when it is old.
    fn find(&self, kid: Option<&str>, age_max: Duration) -> Option<(Jwk, Instant)> {
        let key = match kid {
            Some(kid) => self.keys.iter().find(|key| key.common.key_id.as_deref() == Some(kid)),
            None => self.keys.first().filter(|_| self.keys.len() == 1),
        };
        Some((key?.clone(), self.read_at? + age_max))
    }

    /// Whether the last try was long enough ago: after a good one `pause`.
    fn is_due(&self, pause: Duration) -> bool {
        let pause = if self.is_away { AWAY_PAUSE } else { pause };
        self.tried_at.is_none_or(|tried_at| tried_at.elapsed() >= pause)
    }

    fn keep(&mut self, answer: anyhow::Result<Vec<Jwk>>) {
        let now = Instant::now();
        (self.tried_at, self.is_away) = (Some(now), answer.is_err());
        match answer {
            Ok(keys) => (self.keys, self.read_at) = (keys, Some(now)),
            Err(error) => tracing::warn!(
                error = format!("{error:#}"),
                "the identity provider's keys cannot be read; those read before stay good"
            ),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    const AGE: Duration = Duration::from_mins(10);
    const PAUSE: Duration = Duration::from_mins(1);

    fn key() -> Jwk {
        serde_json::from_str(include_str!("../../tests/fixtures/es256.jwk.json")).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn keys_are_as_old_as_the_last_time_they_could_be_read() {
        let (mut known, start) = (Known::default(), Instant::now());
        assert!(known.is_due(PAUSE));
        known.keep(Ok(vec![key()]));
        tokio::time::advance(AGE).await;
        known.keep(Err(anyhow::anyhow!("away")));
        let (_, until) = known.find(None, AGE).unwrap();
        assert_eq!(until, start + AGE, "a try that failed makes no key younger");
    }

    #[tokio::test(start_paused = true)]
    async fn a_provider_that_is_away_is_tried_again_soon() {
        let mut known = Known::default();
        known.keep(Ok(vec![key()]));
        assert!(!known.is_due(PAUSE));
        tokio::time::advance(PAUSE).await;
        assert!(known.is_due(PAUSE));
        known.keep(Err(anyhow::anyhow!("away")));
        assert!(!known.is_due(PAUSE));
        tokio::time::advance(AWAY_PAUSE).await;
        assert!(known.is_due(PAUSE));
    }
}
