//! The keys that an identity provider publishes (JWKS), found by `OpenID` discovery where no address is set.
//! They are cached, and fetched again when they are old or a token names an unknown key. A caller whose key is known
//! and not old does not wait, and no caller waits for a provider that was unavailable a moment ago.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::Instrument;
use url::Url;

use super::caller::Error;
use super::settings::Auth;

/// After a failure the provider is not asked again for this long.
const UNAVAILABLE_PAUSE: Duration = Duration::from_secs(1);
/// Bytes that an answer of the provider may have, decompressed. The largest key sets have some ten thousand.
const ANSWER_MAX: usize = 1 << 20;

pub struct PublishedKeys {
    http: reqwest::Client,
    source: KeySource,
    /// Keys are fetched at most this often, however many unknown key ids arrive.
    pause: Duration,
    /// Keys older than this are fetched again, so that a withdrawn key stops working.
    age_max: Duration,
    cached: Mutex<CachedKeys>,
    /// Held by the task that fetches them.
    fetching: Arc<tokio::sync::Mutex<()>>,
}

enum KeySource {
    Jwks(Url),
    Issuer(String),
}

#[derive(Default)]
struct CachedKeys {
    keys: Vec<Jwk>,
    /// Their age counts from here.
    read_at: Option<Instant>,
    /// When the last attempt ended.
    tried_at: Option<Instant>,
    /// Whether that attempt failed: the keys are those of an earlier one.
    is_unavailable: bool,
}

impl PublishedKeys {
    /// The keys of the issuer that the settings name, if it has an address.
    pub fn of(auth: &Auth, http: reqwest::Client) -> Option<Self> {
        let issuer = auth.auth_issuer.clone().unwrap_or_default();
        let source = match &auth.auth_jwks_url {
            Some(url) => KeySource::Jwks(url.clone()),
            None if issuer.starts_with("http") => KeySource::Issuer(issuer),
            None => return None,
        };
        let pause = Duration::from_millis(auth.auth_jwks_pause_ms);
        let age_max = Duration::from_millis(auth.auth_jwks_age_ms);
        let (cached, fetching) = (Mutex::default(), Arc::default());
        Some(Self { http, source, pause, age_max, cached, fetching })
    }

    /// The key named `kid` for `alg`, fetched if necessary, and until when it need not be fetched again. While the
    /// provider is unavailable, old keys stay valid; keys that it added meanwhile are unknown.
    pub async fn find(
        self: &Arc<Self>,
        kid: Option<&str>,
        alg: Algorithm,
    ) -> Result<(Jwk, Instant), Error> {
        let (found, is_unavailable) = self.peek(kid, alg);
        if let Some((key, until)) = found {
            if Instant::now() < until {
                return Ok((key, until));
            }
            if is_unavailable {
                if let Ok(fetching) = self.fetching.clone().try_lock_owned() {
                    self.refresh(fetching);
                }
                return Ok((key, until));
            }
        }
        let fetching = self.fetching.clone().lock_owned().await;
        // The cached keys show whether it succeeded.
        let _ = self.refresh(fetching).await;
        match self.peek(kid, alg) {
            (Some(found), _) => Ok(found),
            (None, true) => Err(Error::Unavailable),
            (None, false) => Err(Error::Invalid("the token is signed with an unknown key")),
        }
    }

    /// A cached key, and whether the last attempt failed.
    fn peek(&self, kid: Option<&str>, alg: Algorithm) -> (Option<(Jwk, Instant)>, bool) {
        let cached = self.cached();
        (cached.find(kid, alg, self.age_max), cached.is_unavailable)
    }

    fn cached(&self) -> MutexGuard<'_, CachedKeys> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fetches the keys, unless the last attempt was too short a time ago. It is a task of its own: others may wait for
    /// what a caller has begun that is dropped.
    fn refresh(self: &Arc<Self>, fetching: OwnedMutexGuard<()>) -> JoinHandle<()> {
        let published = self.clone();
        let refresh = async move {
            if published.cached().is_due(published.pause) {
                let answer = published.fetch().await;
                published.cached().keep(answer);
            }
            drop(fetching);
        };
        tokio::spawn(refresh.in_current_span())
    }

    /// The keys that can be read; others are not for this service.
    async fn fetch(&self) -> anyhow::Result<Vec<Jwk>> {
        #[derive(Deserialize)]
        struct Jwks {
            keys: Vec<serde_json::Value>,
        }
        let url = match &self.source {
            KeySource::Jwks(url) => url.clone(),
            KeySource::Issuer(issuer) => self.discover(issuer).await?,
        };
        let set: Jwks = self.read(url).await?;
        Ok(set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
    }

    async fn discover(&self, issuer: &str) -> anyhow::Result<Url> {
        #[derive(Deserialize)]
        struct Discovery {
            issuer: String,
            jwks_uri: Url,
        }
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let found: Discovery = self.read(url.parse()?).await?;
        anyhow::ensure!(found.issuer == issuer, "the provider names itself {}", found.issuer);
        Ok(found.jwks_uri)
    }

    /// An answer of the provider. Where the settings say `https`, neither discovery nor a redirect leads away from it.
    async fn read<T: DeserializeOwned>(&self, url: Url) -> anyhow::Result<T> {
        anyhow::ensure!(self.may_read(&url), "{url} does not begin with https://");
        let mut answer = self.http.get(url).send().await?.error_for_status()?;
        anyhow::ensure!(self.may_read(answer.url()), "a redirect leads away from https://");
        let mut text = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            let size = text.len() + chunk.len();
            anyhow::ensure!(size <= ANSWER_MAX, "the answer has more than {ANSWER_MAX} bytes");
            text.extend_from_slice(&chunk);
        }
        Ok(serde_json::from_slice(&text)?)
    }

    fn may_read(&self, url: &Url) -> bool {
        let is_plain = match &self.source {
            KeySource::Jwks(set) => set.scheme() == "http",
            KeySource::Issuer(issuer) => issuer.starts_with("http://"),
        };
        is_plain || url.scheme() == "https"
    }
}

impl CachedKeys {
    /// The key named `kid`, or the only one when the token names none, and when it is old. Keys for other uses may
    /// stand beside it, also under its name; `alg` only chooses among the keys.
    fn find(&self, kid: Option<&str>, alg: Algorithm, age_max: Duration) -> Option<(Jwk, Instant)> {
        let is_named = |key: &&Jwk| kid.is_none() || key.common.key_id.as_deref() == kid;
        let named: Vec<&Jwk> = self.keys.iter().filter(is_named).collect();
        let mut fitting = named.iter().filter(|key| algorithm_of(key) == Some(alg));
        let key = match (kid, fitting.next(), fitting.next()) {
            (Some(_), fitting, _) => fitting.or(named.first()),
            (None, Some(only), None) => Some(only),
            (None, ..) => None,
        };
        Some(((*key?).clone(), self.read_at? + age_max))
    }

    /// Whether the last attempt was long enough ago: after a success `pause`.
    fn is_due(&self, pause: Duration) -> bool {
        let pause = if self.is_unavailable { UNAVAILABLE_PAUSE } else { pause };
        self.tried_at.is_none_or(|tried_at| tried_at.elapsed() >= pause)
    }

    fn keep(&mut self, answer: anyhow::Result<Vec<Jwk>>) {
        let now = Instant::now();
        (self.tried_at, self.is_unavailable) = (Some(now), answer.is_err());
        match answer {
            Ok(keys) => (self.keys, self.read_at) = (keys, Some(now)),
            Err(error) => tracing::warn!(
                error = format!("{error:#}"),
                "the identity provider's keys cannot be read; keys read before stay valid"
            ),
        }
    }
}

/// The algorithm of a key; `None` when it is not accepted, or the key is not for signatures.
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
        let (mut keys, start) = (CachedKeys::default(), Instant::now());
        assert!(keys.is_due(PAUSE));
        keys.keep(Ok(vec![key()]));
        tokio::time::advance(AGE).await;
        keys.keep(Err(anyhow::anyhow!("unavailable")));
        let (_, until) = keys.find(None, Algorithm::ES256, AGE).unwrap();
        assert_eq!(until, start + AGE, "a try that failed makes no key younger");
    }

    #[tokio::test]
    async fn a_key_for_encryption_or_of_another_kind_under_the_same_name_hides_no_signing_key() {
        let signing = key();
        let mut encrypting = signing.clone();
        encrypting.common.public_key_use = Some(PublicKeyUse::Encryption);
        let mut keys = CachedKeys::default();
        keys.keep(Ok(vec![encrypting, signing.clone()]));
        let kid = signing.common.key_id.as_deref();
        for kid in [kid, None] {
            let (found, _) = keys.find(kid, Algorithm::ES256, AGE).unwrap();
            assert_eq!(found, signing, "{kid:?}");
        }
        assert_eq!(keys.find(None, Algorithm::RS256, AGE), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_provider_that_is_unavailable_is_tried_again_soon() {
        let mut keys = CachedKeys::default();
        keys.keep(Ok(vec![key()]));
        assert!(!keys.is_due(PAUSE));
        tokio::time::advance(PAUSE).await;
        assert!(keys.is_due(PAUSE));
        keys.keep(Err(anyhow::anyhow!("unavailable")));
        assert!(!keys.is_due(PAUSE));
        tokio::time::advance(UNAVAILABLE_PAUSE).await;
        assert!(keys.is_due(PAUSE));
    }
}
