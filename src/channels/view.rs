//! Channels and messages as callers and the audit see them: never a secret, never all of a URL.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::channel::{Channel, ChannelKind, SignatureScheme};
use super::delivery::{Delivery, DeliveryId, DeliveryStatus};
use super::notice::{Notice, NoticeEvent};
use super::recipient::Recipient;
use crate::audit::Snapshot;
use crate::names::{AlertId, ChannelId, DisplayName};

/// Where messages about alerts go.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChannelView {
    pub channel_id: ChannelId,
    pub instance_id: Uuid,
    pub display_name: DisplayName,
    pub kind: ChannelKind,
    /// Addresses, of an e-mail channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Vec<Recipient>>,
    /// Its host and its last characters: the rest may be a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://hooks.slack.com/…WXYZ")]
    pub url: Option<String>,
    /// How messages are signed, of a webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<SignatureScheme>,
    /// What verifies messages, with `ed25519`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whpk_PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=")]
    pub public_key: Option<String>,
    /// Until when the secret before the current one signs too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_secret_until_utc: Option<DateTime<Utc>>,
    /// Whether messages are sent to it.
    pub active: bool,
    /// Why nothing is sent to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "the address answered with the status 410")]
    pub inactive_because: Option<String>,
    pub version: i64,
    pub created_by: String,
    pub created_utc: DateTime<Utc>,
    pub updated_by: String,
    pub updated_utc: DateTime<Utc>,
}

/// A channel, with the secret that signs its messages. It is shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChannelSecretView {
    #[serde(flatten)]
    pub channel: ChannelView,
    /// With `hmacSha256`: what verifies messages. A call that is repeated with the same `Idempotency-Key` does not show
    /// it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]
    pub secret: Option<String>,
}

/// A message, and the outcome of its tries.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryView {
    /// Also the `webhook-id`, the same at every try.
    pub delivery_id: DeliveryId,
    pub channel_id: ChannelId,
    /// `null` of a test.
    #[schema(required)]
    pub alert_id: Option<AlertId>,
    #[schema(value_type = NoticeEvent)]
    pub event: String,
    /// What it says, in a line.
    #[schema(example = "A run of “High value to newsletter” failed")]
    pub title: String,
    /// The address of an e-mail; `null` of other messages.
    #[schema(required)]
    pub recipient: Option<String>,
    pub status: DeliveryStatus,
    /// Tries so far, the one that is active included.
    pub attempts: i32,
    pub created_utc: DateTime<Utc>,
    /// When the last try was.
    #[schema(required)]
    pub attempted_utc: Option<DateTime<Utc>>,
    /// When the next try is due; `null` when there is none.
    #[schema(required)]
    pub next_utc: Option<DateTime<Utc>>,
    #[schema(required)]
    pub delivered_utc: Option<DateTime<Utc>>,
    /// The status of HTTP that the address answered last.
    #[schema(required, example = 200)]
    pub http_status: Option<i32>,
    /// Why the last try failed.
    #[schema(required, example = "the address answered with the status 503")]
    pub detail: Option<String>,
}

impl From<Channel> for ChannelView {
    fn from(channel: Channel) -> Self {
        let is_email = channel.kind == ChannelKind::Email;
        Self {
            channel_id: channel.id,
            instance_id: channel.instance_id,
            display_name: channel.display_name,
            kind: channel.kind,
            to: is_email.then_some(channel.recipients.0.to),
            url: channel.url_hint,
            signature: channel.signature,
            public_key: channel.public_key,
            previous_secret_until_utc: channel.previous_until_utc,
            active: channel.disabled_utc.is_none(),
            inactive_because: channel.disabled_because,
            version: channel.stamps.version,
            created_by: channel.stamps.created_by,
            created_utc: channel.stamps.created_utc,
            updated_by: channel.stamps.updated_by,
            updated_utc: channel.stamps.updated_utc,
        }
    }
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        let notice = serde_json::from_str::<Notice>(&delivery.body);
        let is_pending = delivery.status == DeliveryStatus::Pending;
        Self {
            delivery_id: delivery.id,
            channel_id: delivery.channel_id,
            alert_id: delivery.alert_id,
            event: delivery.event,
            title: notice.map(|notice| notice.data.title).unwrap_or_default(),
            recipient: delivery.recipient,
            status: delivery.status,
            attempts: delivery.attempts,
            created_utc: delivery.created_utc,
            attempted_utc: delivery.attempted_utc,
            next_utc: is_pending.then_some(delivery.next_utc),
            delivered_utc: delivery.delivered_utc,
            http_status: delivery.http_status,
            detail: delivery.detail,
        }
    }
}

/// The audit keeps how many people get messages, and not who.
impl From<&Channel> for Snapshot {
    fn from(channel: &Channel) -> Self {
        let state = json!({
            "displayName": channel.display_name,
            "kind": channel.kind,
            "recipients": channel.recipients.to.len(),
            "url": channel.url_hint,
            "signature": channel.signature,
            "publicKey": channel.public_key,
            "active": channel.disabled_utc.is_none(),
        });
        Self::of(&channel.id.0, channel.display_name.as_str(), &state)
    }
}
