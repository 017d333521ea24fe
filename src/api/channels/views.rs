//! Channels on the wire: what callers send. A URL only ever comes in.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::channels::{ChannelKind, RECIPIENTS_MAX, Recipient, SignatureScheme, TargetUrl};
use crate::names::DisplayName;
use crate::wire::{present, present_list};

/// A channel to be made: `to` belongs to `email`, `url` to the other kinds, `signature` to `webhook`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewChannelBody {
    pub display_name: DisplayName,
    pub kind: ChannelKind,
    /// Who gets the messages, each of them alone.
    #[serde(default, deserialize_with = "present_list::<RECIPIENTS_MAX, _, _>")]
    #[schema(value_type = Vec<Recipient>, required = false, min_items = 1, max_items = 20)]
    pub to: Option<Vec<Recipient>>,
    /// Where messages go. It is sealed, and never shown again.
    #[serde(default, deserialize_with = "present")]
    #[schema(
        value_type = String,
        required = false,
        max_length = 2000,
        pattern = r"^ *https?://[^\s]+ *$",
        write_only,
        example = "https://hooks.example.com/services/T000/B000/abcdefghijklmnopqrstWXYZ",
    )]
    pub url: Option<TargetUrl>,
    /// How messages are signed; `hmacSha256` when it is left out.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = SignatureScheme, required = false)]
    pub signature: Option<SignatureScheme>,
}

/// What to change of a channel. Its kind stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChannelPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = DisplayName, required = false)]
    pub display_name: Option<DisplayName>,
    #[serde(default, deserialize_with = "present_list::<RECIPIENTS_MAX, _, _>")]
    #[schema(value_type = Vec<Recipient>, required = false, min_items = 1, max_items = 20)]
    pub to: Option<Vec<Recipient>>,
    /// The secret of a webhook stays.
    #[serde(default, deserialize_with = "present")]
    #[schema(
        value_type = String,
        required = false,
        max_length = 2000,
        pattern = r"^ *https?://[^\s]+ *$",
        write_only,
        example = "https://hooks.example.com/services/T000/B000/abcdefghijklmnopqrstWXYZ",
    )]
    pub url: Option<TargetUrl>,
    /// `false`: nothing is sent to it until it is `true` again.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool, required = false)]
    pub active: Option<bool>,
}
