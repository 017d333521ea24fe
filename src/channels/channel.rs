//! A channel as it is stored: what kind it is, and what may be seen of it.

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::recipient::Recipients;
use crate::db::{Stamps, Time};
use crate::names::{ChannelId, DisplayName};

/// By what means a channel tells people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum ChannelKind {
    /// By the mail server of the operator.
    Email,
    /// An incoming webhook of Slack, or of a service that accepts the same.
    Slack,
    /// A webhook of a Teams workflow, which posts a card.
    Teams,
    /// A program, by Standard Webhooks 1.0.
    Webhook,
}

impl ChannelKind {
    pub const ALL: [Self; 4] = [Self::Email, Self::Slack, Self::Teams, Self::Webhook];

    /// As the API, the database and labels write it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Slack => "slack",
            Self::Teams => "teams",
            Self::Webhook => "webhook",
        }
    }
}

/// How the messages of a webhook are signed.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema,
)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum SignatureScheme {
    /// `v1`: the receiver verifies with the same secret.
    #[default]
    HmacSha256,
    /// `v1a`: the receiver verifies with the public key alone.
    Ed25519,
}

/// A row of the table `channels`. The columns are explained in the migration.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Channel {
    pub id: ChannelId,
    pub instance_id: Uuid,
    pub display_name: DisplayName,
    pub kind: ChannelKind,
    pub recipients: Json<Recipients>,
    pub target_sealed: Option<String>,
    pub url_hint: Option<String>,
    pub signature: Option<SignatureScheme>,
    pub public_key: Option<String>,
    pub previous_until_utc: Option<Time>,
    pub disabled_utc: Option<Time>,
    pub disabled_because: Option<String>,
    #[sqlx(flatten)]
    pub stamps: Stamps,
}

impl Channel {
    /// Whether its messages go to this address; a channel of another kind than e-mail has none.
    #[must_use]
    pub fn sends_to(&self, recipient: &str) -> bool {
        self.kind != ChannelKind::Email
            || self.recipients.to.iter().any(|one| one.as_str() == recipient)
    }
}

/// A sealed target, and what is stored beside it.
#[derive(Clone, Debug)]
pub struct NewSecret {
    pub target_sealed: String,
    pub public_key: Option<String>,
    /// Until when the secret before it signs too.
    pub previous_until: Option<Time>,
}
