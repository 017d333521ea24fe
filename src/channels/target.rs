//! What is sealed of a channel: its URL, and the secrets that sign.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::channel::Channel;
use super::signing::SigningSecret;
use super::target_url::TargetUrl;
use crate::db::Time;
use crate::names::ChannelId;
use crate::secrets::{self, Keys};

/// The most secrets before the last one that still sign: each adds a signature to the header of every message.
const OLDER_MAX: usize = 8;

/// Where messages go, and what signs them.
#[derive(Clone, Debug)]
pub struct ChannelTarget {
    pub url: TargetUrl,
    /// `None` unless it is a webhook.
    pub secret: Option<SigningSecret>,
    /// The one before it, which signs too until the channel says.
    previous: Option<SigningSecret>,
    /// Those before that one, which sign until their time is over. A receiver that has not changed yet still
    /// verifies when the secret is replaced once more.
    older: Vec<OlderSecret>,
}

/// A secret that was replaced, and was replaced once more before its time was over.
#[derive(Clone, Debug)]
struct OlderSecret {
    secret: SigningSecret,
    until: Time,
}

/// The form in which it is sealed.
#[derive(Serialize, Deserialize)]
struct SealedForm<T> {
    url: T,
    secret: Option<T>,
    previous: Option<T>,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    older: Vec<OlderForm<T>>,
}

#[derive(Serialize, Deserialize)]
struct OlderForm<T> {
    secret: T,
    until: Time,
}

impl ChannelTarget {
    /// Without a secret that still signs beside its own.
    #[must_use]
    pub const fn new(url: TargetUrl, secret: Option<SigningSecret>) -> Self {
        Self { url, secret, previous: None, older: vec![] }
    }

    /// The same with another URL.
    #[must_use]
    pub fn with_url(self, url: TargetUrl) -> Self {
        Self { url, ..self }
    }

    /// The same with a new secret. What signs at `now` signs until its time is over, which is `previous_until` for
    /// the one before the current one.
    #[must_use]
    pub fn with_secret(
        self,
        secret: SigningSecret,
        previous_until: Option<Time>,
        now: Time,
    ) -> Self {
        let before = self.previous.zip(previous_until);
        let before = before.map(|(secret, until)| OlderSecret { secret, until });
        let older = before.into_iter().chain(self.older).filter(|older| now < older.until);
        let older = older.take(OLDER_MAX).collect();
        Self { url: self.url, secret: Some(secret), previous: self.secret, older }
    }

    /// Seals it for the channel `id` of `instance`.
    pub fn seal(&self, keys: &Keys, instance: Uuid, id: ChannelId) -> serde_json::Result<String> {
        let exposed = |secret: &SigningSecret| secret.expose().to_owned();
        let older =
            |older: &OlderSecret| OlderForm { secret: exposed(&older.secret), until: older.until };
        let form = SealedForm {
            url: self.url.secret().expose_secret().to_owned(),
            secret: self.secret.as_ref().map(exposed),
            previous: self.previous.as_ref().map(exposed),
            older: self.older.iter().map(older).collect(),
        };
        let text = SecretString::from(serde_json::to_string(&form)?);
        Ok(keys.seal(&text, instance, id.0))
    }

    /// Opens that of a channel; `None`: it has no URL.
    pub fn open(channel: &Channel, keys: &Keys) -> Result<Option<Self>, secrets::Error> {
        let Some(sealed) = &channel.target_sealed else { return Ok(None) };
        let opened = keys.open(sealed, channel.instance_id, channel.id.0)?;
        let form: SealedForm<SecretString> =
            serde_json::from_str(opened.expose_secret()).map_err(|_| secrets::Error::Broken)?;
        let older = form.older.into_iter().map(|older| OlderSecret {
            secret: SigningSecret::trusted(older.secret),
            until: older.until,
        });
        Ok(Some(Self {
            url: TargetUrl::trusted(form.url),
            secret: form.secret.map(SigningSecret::trusted),
            previous: form.previous.map(SigningSecret::trusted),
            older: older.collect(),
        }))
    }

    /// The secrets that sign at `now`; the current one comes first.
    pub(super) fn signing(
        &self,
        previous_until: Option<Time>,
        now: Time,
    ) -> impl Iterator<Item = &SigningSecret> {
        let is_signing = previous_until.is_some_and(|until| now < until);
        let previous = self.previous.iter().filter(move |_| is_signing);
        let older = self.older.iter().filter(move |older| now < older.until);
        self.secret.iter().chain(previous).chain(older.map(|older| &older.secret))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::channels::SignatureScheme;

    #[test]
    fn a_secret_that_is_replaced_twice_signs_until_its_own_time_is_over() {
        let make = || SigningSecret::make(SignatureScheme::HmacSha256).unwrap().0;
        let url: TargetUrl = serde_json::from_value("https://hooks.example.com/x".into()).unwrap();
        let (begin, hours) = (Time::UNIX_EPOCH, TimeDelta::hours);
        let target = ChannelTarget::new(url, Some(make()));
        let target = target.with_secret(make(), None, begin);
        let target = target.with_secret(make(), Some(begin + hours(24)), begin + hours(1));
        let until = Some(begin + hours(25));
        let signing = |hour| target.signing(until, begin + hours(hour)).count();
        assert_eq!([1, 23, 24, 25].map(signing), [3, 3, 2, 1]);
        let late = target.clone().with_secret(make(), until, begin + hours(30));
        assert_eq!(late.signing(None, begin + hours(30)).count(), 1, "what is over is forgotten");
        assert!(late.older.is_empty());
    }
}
