//! What a token claims, without checking any of it: for the record of calls that were refused, and of tokens that were
//! checked before.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// Longer than any subject of an identity provider.
const CHARS_MAX: usize = 200;

/// The subject that a token claims, at most 200 characters of it.
#[must_use]
pub(crate) fn claimed_subject(token: &str) -> Option<String> {
    let claims = claims(token)?;
    let subject = claims.get("sub")?.as_str()?;
    Some(subject.chars().take(CHARS_MAX).collect()).filter(|subject: &String| !subject.is_empty())
}

/// When a token claims to expire, in full seconds.
#[must_use]
pub(crate) fn claimed_expiry(token: &str) -> Option<DateTime<Utc>> {
    // A fraction of a second belongs to nobody: what is left of it is cut off.
    let seconds = claims(token)?.get("exp")?.as_f64()?.floor();
    format!("{seconds}").parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0))
}

fn claims(token: &str) -> Option<Map<String, Value>> {
    let payload = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_claims_when_it_expires() {
        let token = |claims: &str| format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims));
        for claims in [r#"{"exp":1700000000}"#, r#"{"exp":1700000000.9}"#] {
            let expiry = claimed_expiry(&token(claims)).map(|expiry| expiry.timestamp());
            assert_eq!(expiry, Some(1_700_000_000), "{claims}");
        }
        for nonsense in [r#"{"exp":"soon"}"#, "{}", r#"{"exp":1e300}"#] {
            assert_eq!(claimed_expiry(&token(nonsense)), None, "{nonsense}");
        }
    }

    #[test]
    fn a_token_claims_a_subject_and_nonsense_claims_none() {
        let token = |claims: &str| format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims));
        let long = "x".repeat(300);
        assert_eq!(claimed_subject(&token(r#"{"sub":"eve"}"#)).as_deref(), Some("eve"));
        assert_eq!(claimed_subject(&token(&format!(r#"{{"sub":"{long}"}}"#))).unwrap().len(), 200);
        for nonsense in
            ["", "a.b.c", "..", &token("[]"), &token(r#"{"sub":7}"#), &token(r#"{"sub":""}"#)]
        {
            assert_eq!(claimed_subject(nonsense), None, "{nonsense}");
        }
    }
}
