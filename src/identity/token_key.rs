//! Which key signed a token, for what outlives the call that brought the token.

use jsonwebtoken::{Algorithm, Header};

/// The algorithm, and the id of the key where the token names one: `RS256 key-1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenKey(String);

impl TokenKey {
    /// `None` for what is no JWT.
    pub(crate) fn of_token(token: &str) -> Option<Self> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let kid = header.kid.map(|kid| format!(" {kid}")).unwrap_or_default();
        Some(Self(format!("{:?}{kid}", header.alg)))
    }

    /// As it was stored.
    pub(crate) fn of_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn header(&self) -> Option<Header> {
        let (algorithm, kid) = match self.0.split_once(' ') {
            Some((algorithm, kid)) => (algorithm, Some(kid.to_owned())),
            None => (self.0.as_str(), None),
        };
        Some(Header { kid, ..Header::new(algorithm.parse::<Algorithm>().ok()?) })
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn the_key_of_a_token_is_known_again_from_its_text() {
        for (header, text) in
            [(r#"{"alg":"RS256","kid":"key 1"}"#, "RS256 key 1"), (r#"{"alg":"HS256"}"#, "HS256")]
        {
            let token = format!("{}.e30.c2ln", BASE64_URL_SAFE_NO_PAD.encode(header));
            let key = TokenKey::of_token(&token).unwrap();
            assert_eq!(key.as_str(), text);
            let read = TokenKey::of_text(text).header().unwrap();
            assert_eq!(
                (format!("{:?}", read.alg), read.kid.as_deref()),
                match text.split_once(' ') {
                    Some((alg, kid)) => (alg.to_owned(), Some(kid)),
                    None => (text.to_owned(), None),
                }
            );
        }
        assert_eq!(TokenKey::of_token("no token"), None);
        assert!(TokenKey::of_text("no key").header().is_none());
    }
}
