//! What a token claims, without checking any of it: for the record of calls that were refused.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// Longer than any subject of an identity provider.
const CHARS_MAX: usize = 200;

/// The subject that a token claims, at most 200 characters of it.
#[must_use]
pub(crate) fn claimed_subject(token: &str) -> Option<String> {
    let payload = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Map<String, Value> = serde_json::from_slice(&payload).ok()?;
    let subject = claims.get("sub")?.as_str()?;
    Some(subject.chars().take(CHARS_MAX).collect()).filter(|subject: &String| !subject.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

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
