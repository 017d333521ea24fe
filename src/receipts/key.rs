//! A key of Ed25519 (RFC 8032), and its public part as a JSON Web Key (RFC 8037).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jsonwebtoken::EncodingKey;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::db::Time;
use crate::ed25519;
use crate::secrets::{self, Keys};

/// A key, as the table has it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SigningKey {
    /// `kid`.
    pub id: Uuid,
    /// `x` of the JSON Web Key: base64url.
    pub public_key: String,
    /// `None` once it signs no more.
    pub sealed: Option<String>,
    pub is_current: bool,
    pub created_utc: Time,
    /// Since when it signs no more.
    pub retired_utc: Option<Time>,
    /// Since when nobody may trust what it signed.
    pub revoked_utc: Option<Time>,
}

impl SigningKey {
    /// A new key, sealed with the newest encryption key.
    pub fn make(keys: &Keys, now: Time) -> anyhow::Result<Self> {
        let (id, seed) = (Uuid::now_v7(), rand::random::<[u8; 32]>());
        let public = ed25519::public_key(&seed)?;
        let secret = SecretString::from(BASE64_STANDARD.encode(seed));
        let sealed = Some(keys.seal(&secret, Uuid::nil(), id));
        Ok(Self {
            id,
            public_key: public,
            sealed,
            is_current: true,
            created_utc: now,
            retired_utc: None,
            revoked_utc: None,
        })
    }

    /// Its private part; `None` once it signs no more.
    pub fn open(&self, keys: &Keys) -> Result<Option<EncodingKey>, secrets::Error> {
        let Some(sealed) = &self.sealed else { return Ok(None) };
        let secret = keys.open(sealed, Uuid::nil(), self.id)?;
        let seed = BASE64_STANDARD.decode(secret.expose_secret());
        let seed = seed.map_err(|_| secrets::Error::Broken)?;
        Ok(Some(ed25519::encoding_key(&seed)))
    }

    /// Its public part, as anyone may see it, and since when it is retired or revoked: a reader of keys ignores members
    /// that it does not know (RFC 7517, section 4).
    #[must_use]
    pub fn jwk(&self) -> Value {
        let mut jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": self.public_key, "kid": self.id, "alg": "EdDSA",
            "use": "sig"});
        for (name, time) in [("retiredUtc", self.retired_utc), ("revokedUtc", self.revoked_utc)] {
            if let Some(time) = time {
                jwk[name] = json!(time);
            }
        }
        jwk
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db;

    fn keys() -> Keys {
        let text = format!("a:{}", BASE64_STANDARD.encode([7; 32]));
        Keys::parse(&SecretString::from(text)).unwrap()
    }

    #[test]
    fn a_key_is_sealed_and_opens_only_as_itself() {
        let (keys, key) = (keys(), SigningKey::make(&keys(), db::now()).unwrap());
        assert!(key.open(&keys).unwrap().is_some());
        let moved = SigningKey { id: Uuid::now_v7(), ..key.clone() };
        assert!(moved.open(&keys).is_err());
        let retired = SigningKey { sealed: None, ..key };
        assert!(retired.open(&keys).unwrap().is_none());
    }
}
