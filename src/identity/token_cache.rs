//! Caches tokens that were verified lately.
//!
//! A front end sends the same token with every call, and checking a signature takes longer than most answers. Only the
//! hash of a token is kept, and only as long as a new check would have the same result: until the token expires, or
//! the key it is signed with has to be read again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use quick_cache::sync::Cache;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::caller::Identity;

/// When it is full, tokens of callers that call seldom are dropped.
const CALLERS_MAX: usize = 10_000;

/// Who a token belongs to, by its SHA-256.
pub struct TokenCache(Cache<[u8; 32], (Identity, Instant)>);

impl Default for TokenCache {
    fn default() -> Self {
        Self(Cache::new(CALLERS_MAX))
    }
}

impl TokenCache {
    /// The caller that the token names, if it is cached.
    pub fn find(&self, token: &str) -> Option<Identity> {
        let (identity, until) = self.0.get(&digest(token))?;
        (Instant::now() < until).then_some(identity)
    }

    /// Caches a token until it expires, or until its key has to be read again.
    pub fn remember(
        &self,
        token: &str,
        claims: &Map<String, Value>,
        key_until: Option<Instant>,
        identity: &Identity,
    ) {
        let Some(expiry) = left(claims).and_then(|left| Instant::now().checked_add(left)) else {
            return;
        };
        let until = key_until.map_or(expiry, |key| key.min(expiry));
        self.0.insert(digest(token), (identity.clone(), until));
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// Time until the token expires; `None` when it has, and only the leeway makes it valid.
fn left(claims: &Map<String, Value>) -> Option<Duration> {
    let expiry = Duration::try_from_secs_f64(claims.get("exp")?.as_f64()?).ok()?;
    expiry.checked_sub(SystemTime::now().duration_since(UNIX_EPOCH).ok()?)
}

#[cfg(test)]
mod tests {
    use super::super::caller::{Instances, Role};
    use super::*;
    use serde_json::json;

    fn remembered(expires_in: i64, key_until: Option<Instant>) -> bool {
        let expiry = chrono::Utc::now().timestamp() + expires_in;
        let claims = json!({"exp": expiry}).as_object().cloned().unwrap();
        let identity = Identity {
            subject: "ann".into(),
            name: "Ann".into(),
            role: Role::Viewer,
            is_operator: false,
            instances: Instances::All,
        };
        let cache = TokenCache::default();
        cache.remember("token", &claims, key_until, &identity);
        assert_eq!(cache.find("another"), None);
        cache.find("token") == Some(identity)
    }

    #[test]
    fn a_token_is_remembered_until_it_expires_or_its_key_is_to_be_read_again() {
        let later = Instant::now() + Duration::from_mins(1);
        assert!(remembered(600, None));
        assert!(remembered(600, Some(later)));
        assert!(!remembered(600, Some(Instant::now())));
        assert!(!remembered(0, None));
        assert!(!remembered(-600, Some(later)));
    }
}
