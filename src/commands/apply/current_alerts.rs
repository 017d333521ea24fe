//! The channels and the rules that the instance has, as the API answers them.

use serde::Deserialize;

use crate::alerts::AlertRule;
use crate::channels::{ChannelKind, Recipient, SignatureScheme};
use crate::names::{ChannelId, DisplayName};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CurrentChannel {
    pub(super) channel_id: ChannelId,
    pub(super) display_name: DisplayName,
    pub(super) kind: ChannelKind,
    pub(super) to: Option<Vec<Recipient>>,
    /// What the API shows of it.
    pub(super) url: Option<String>,
    pub(super) signature: Option<SignatureScheme>,
    pub(super) active: bool,
    pub(super) version: i64,
}

/// The rules of the instance.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CurrentRules {
    pub(super) rules: Vec<AlertRule>,
    /// 0 until somebody sets them.
    pub(super) version: i64,
}
