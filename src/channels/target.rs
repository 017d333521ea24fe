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

/// Where messages go, and what signs them.
#[derive(Clone, Debug)]
pub struct ChannelTarget {
    pub url: TargetUrl,
    /// `None` unless it is a webhook.
    pub secret: Option<SigningSecret>,
    /// The one before it, which signs too for a while.
    pub previous: Option<SigningSecret>,
}

/// The form in which it is sealed.
#[derive(Serialize, Deserialize)]
struct SealedForm<T> {
    url: T,
    secret: Option<T>,
    previous: Option<T>,
}

impl ChannelTarget {
    /// Seals it for the channel `id` of `instance`.
    pub fn seal(&self, keys: &Keys, instance: Uuid, id: ChannelId) -> serde_json::Result<String> {
        let exposed = |secret: &Option<SigningSecret>| {
            secret.as_ref().map(|secret| secret.expose().to_owned())
        };
        let form = SealedForm {
            url: self.url.secret().expose_secret().to_owned(),
            secret: exposed(&self.secret),
            previous: exposed(&self.previous),
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
        Ok(Some(Self {
            url: TargetUrl::trusted(form.url),
            secret: form.secret.map(SigningSecret::trusted),
            previous: form.previous.map(SigningSecret::trusted),
        }))
    }

    /// The secrets that sign at `now`; the current one comes first.
    pub(super) fn signing(
        &self,
        previous_until: Option<Time>,
        now: Time,
    ) -> impl Iterator<Item = &SigningSecret> {
        let is_signing = previous_until.is_some_and(|until| now < until);
        self.secret.iter().chain(self.previous.iter().filter(move |_| is_signing))
    }
}
