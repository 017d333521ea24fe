//! Channels and rules of alerts in the file: members as in the API, with names in place of ids and references in place
//! of secrets.

use std::path::PathBuf;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use serde_saphyr::Spanned;

use crate::alerts::{AlertRule, RuleKind};
use crate::channels::{ChannelKind, Recipient, SignatureScheme};
use crate::names::DisplayName;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WantedChannel {
    pub(super) display_name: DisplayName,
    pub(super) kind: ChannelKind,
    /// Addresses, of an e-mail channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<Vec<Recipient>>,
    /// Variable of the environment that holds the URL. Without it and `url_file` a channel keeps the one it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) url_env: Option<String>,
    /// File that holds the URL. A line break at its end does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) url_file: Option<PathBuf>,
    #[serde(default, skip_serializing)]
    #[expect(dead_code, reason = "it is read to reject it")]
    url: Option<NoUrl>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signature: Option<SignatureScheme>,
    /// File that gets the secret which signs, when the channel is created. It must not exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secret_file: Option<PathBuf>,
    #[serde(default = "yes")]
    pub(super) active: bool,
}

const fn yes() -> bool {
    true
}

/// A rule of the instance. Its channels are names.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WantedRule {
    pub(super) kind: RuleKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) percent: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) runs: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) minutes: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) factor: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) hours: Option<u32>,
    /// Left out: every channel of the instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) channels: Option<Vec<Spanned<DisplayName>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) remind_hours: Option<u32>,
}

impl WantedChannel {
    /// One of the instance, without its URL.
    pub(super) const fn of(
        display_name: DisplayName,
        kind: ChannelKind,
        to: Option<Vec<Recipient>>,
        signature: Option<SignatureScheme>,
        active: bool,
    ) -> Self {
        Self {
            display_name,
            kind,
            to,
            url_env: None,
            url_file: None,
            url: None,
            signature,
            secret_file: None,
            active,
        }
    }
}

impl WantedRule {
    /// One of the instance, with the names of its channels.
    pub(super) fn of(rule: &AlertRule, channels: Option<Vec<Spanned<DisplayName>>>) -> Self {
        let form = json!(rule);
        let number = |name: &str| form[name].as_u64().and_then(|number| u32::try_from(number).ok());
        Self {
            kind: rule.kind,
            percent: number("percent"),
            runs: number("runs"),
            minutes: number("minutes"),
            factor: number("factor"),
            hours: number("hours"),
            channels,
            remind_hours: rule.remind_hours,
        }
    }

    /// As the API writes it, with its defaults and without its channels; or why it is none.
    pub(super) fn without_channels(&self) -> Result<Value, String> {
        let mut form = json!({"kind": self.kind});
        for (name, value) in [
            ("percent", self.percent),
            ("runs", self.runs),
            ("minutes", self.minutes),
            ("factor", self.factor),
            ("hours", self.hours),
            ("remindHours", self.remind_hours),
        ] {
            if let Some(value) = value {
                form[name] = json!(value);
            }
        }
        let rule: AlertRule = serde_json::from_value(form).map_err(|error| error.to_string())?;
        Ok(json!(rule))
    }
}

/// A URL in the file, which others may read. It never stands in the error.
struct NoUrl;

impl<'de> Deserialize<'de> for NoUrl {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        let why = "The URL of a channel may hold a secret, so it does not belong in this file. Write `urlEnv` with \
            the name of a variable, or `urlFile` with the path of a file.";
        Err(D::Error::custom(why))
    }
}
