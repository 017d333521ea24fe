//! A message on its way to a channel, as it is stored.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::Time;
use crate::names::{AlertId, ChannelId};

/// A UUID of version 7: later messages have larger ids. Also the `webhook-id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct DeliveryId(pub Uuid);

impl From<Uuid> for DeliveryId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum DeliveryStatus {
    /// It waits for its next try.
    Pending,
    /// The other side accepted it.
    Delivered,
    /// No try was accepted, and none follows.
    Failed,
}

/// A row of the table `deliveries`. The columns are explained in the migration.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Delivery {
    pub id: DeliveryId,
    pub instance_id: Uuid,
    pub channel_id: ChannelId,
    pub alert_id: Option<AlertId>,
    pub event: String,
    pub recipient: Option<String>,
    pub body: String,
    pub status: DeliveryStatus,
    pub attempts: i32,
    pub next_utc: Time,
    pub created_utc: Time,
    pub attempted_utc: Option<Time>,
    pub http_status: Option<i32>,
    pub detail: Option<String>,
    pub delivered_utc: Option<Time>,
}
