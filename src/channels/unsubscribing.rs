//! The link in a mail by which its reader gets no more of them. Who has it needs no login, so nobody can guess or
//! change it: it holds the address, sealed for the channel.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use uuid::Uuid;

use super::channel::Channel;
use crate::names::ChannelId;
use crate::secrets::Keys;

/// What is sealed begins with it, so that nothing else that is sealed for a channel is such a link.
const PURPOSE: &str = "unsubscribe ";

/// The link for an address of a channel, below the public address of this service.
pub fn link(public: &Url, keys: &Keys, channel: &Channel, recipient: &str) -> String {
    let (instance, id) = (channel.instance_id, channel.id.0);
    let sealed = keys.seal(&SecretString::from(format!("{PURPOSE}{recipient}")), instance, id);
    let base = public.as_str().trim_end_matches('/');
    format!("{base}/v1/unsubscribe/{instance}/{id}/{}", BASE64_URL_SAFE_NO_PAD.encode(sealed))
}

/// The address that a link was made for; `None`: this service has not made it, or the key is gone.
#[must_use]
pub fn recipient(keys: &Keys, instance: Uuid, channel: ChannelId, token: &str) -> Option<String> {
    let sealed = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let opened = keys.open(&sealed, instance, channel.0).ok()?;
    opened.expose_secret().strip_prefix(PURPOSE).map(str::to_owned)
}
