//! The credential of a connection at Campaign Monitor: an API key that an administrator typed in, or the tokens of
//! an administrator who signed in. It is sealed in the database, and opened only to be used.

use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::campaign_monitor::Credential;
use crate::campaign_monitor::oauth::Tokens;
use crate::db::Time;
use crate::names::ConnectionId;
use crate::secrets::{self, Keys};

/// How a connection proves itself to Campaign Monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum CredentialKind {
    ApiKey,
    /// Tokens of a person who signed in at Campaign Monitor.
    Oauth,
}

/// An API key as it is typed in: 8 to 500 visible ASCII characters.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "SecretText")]
pub struct ApiKey(SecretString);

/// Keeps the text of a rejected key out of the refusal.
#[derive(Deserialize)]
struct SecretText(SecretString);

impl TryFrom<SecretText> for ApiKey {
    type Error = &'static str;

    fn try_from(text: SecretText) -> Result<Self, Self::Error> {
        let key = text.0.expose_secret().trim();
        if (8..=500).contains(&key.len())
            && key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':')
        {
            return Ok(Self(key.into()));
        }
        Err("an API key is 8 to 500 visible ASCII characters; \
             Campaign Monitor shows it under Account settings, API keys")
    }
}

impl ApiKey {
    /// Tells keys apart in the API.
    fn last_four(&self) -> String {
        let key = self.0.expose_secret();
        key[key.len() - 4..].to_owned()
    }
}

#[derive(Clone, Debug)]
pub enum Secret {
    ApiKey(SecretString),
    Tokens {
        /// Sent with each call.
        access: SecretString,
        refresh: SecretString,
    },
}

/// The form in which tokens are sealed.
#[derive(Serialize, Deserialize)]
struct SealedTokens<T> {
    access: T,
    refresh: T,
}

impl Secret {
    /// Opens what is sealed for the connection `id` of `instance`.
    pub fn open(
        kind: CredentialKind,
        sealed: &str,
        keys: &Keys,
        instance: Uuid,
        id: ConnectionId,
    ) -> Result<Self, secrets::Error> {
        let opened = keys.open(sealed, instance, id.0)?;
        if kind == CredentialKind::ApiKey {
            return Ok(Self::ApiKey(opened));
        }
        let tokens: SealedTokens<SecretString> =
            serde_json::from_str(opened.expose_secret()).map_err(|_| secrets::Error::Broken)?;
        Ok(Self::Tokens { access: tokens.access, refresh: tokens.refresh })
    }

    /// What is sent with a call.
    #[must_use]
    pub fn credential(&self) -> Credential {
        match self {
            Self::ApiKey(key) => Credential::ApiKey(key.clone()),
            Self::Tokens { access, .. } => Credential::AccessToken(access.clone()),
        }
    }
}

/// A sealed credential, ready to be stored.
#[derive(Clone, Debug)]
pub struct SealedCredential {
    pub kind: CredentialKind,
    /// The secret, sealed for the connection.
    pub sealed: String,
    /// The end of an API key, to tell keys apart.
    pub last_four: Option<String>,
    /// When the access token ends, as far as that is known.
    pub expires_utc: Option<Time>,
    /// When Campaign Monitor gave or accepted it.
    pub verified_utc: Option<Time>,
}

impl SealedCredential {
    /// Seals an API key for the connection `id` of `instance`. Nobody has tried it yet.
    #[must_use]
    pub fn api_key(key: &ApiKey, keys: &Keys, instance: Uuid, id: ConnectionId) -> Self {
        Self {
            kind: CredentialKind::ApiKey,
            sealed: keys.seal(&key.0, instance, id.0),
            last_four: Some(key.last_four()),
            expires_utc: None,
            verified_utc: None,
        }
    }

    /// Seals tokens that Campaign Monitor gave at `now`, for the connection `id` of `instance`.
    pub fn tokens(
        tokens: &Tokens,
        keys: &Keys,
        instance: Uuid,
        id: ConnectionId,
        now: Time,
    ) -> serde_json::Result<Self> {
        let text = serde_json::to_string(&SealedTokens {
            access: tokens.access.expose_secret(),
            refresh: tokens.refresh.expose_secret(),
        })?;
        let life = tokens.life.and_then(|life| TimeDelta::from_std(life).ok());
        Ok(Self {
            kind: CredentialKind::Oauth,
            sealed: keys.seal(&SecretString::from(text), instance, id.0),
            last_four: None,
            expires_utc: life.and_then(|life| now.checked_add_signed(life)),
            verified_utc: Some(now),
        })
    }
}
