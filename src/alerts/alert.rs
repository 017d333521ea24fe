//! An alert, as it is stored: from when it opened until it was over.

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::rule_kind::RuleKind;
use crate::audit::Snapshot;
use crate::channels::NoticeReason;
use crate::db::Time;
use crate::names::{AlertId, ChannelId, ConnectionId, ExportId, RunId};

/// How far an alert has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum AlertStatus {
    /// It lasts, and people are reminded as the rule says.
    Open,
    /// It lasts, and somebody takes care of it: nobody is reminded.
    Acknowledged,
    /// Its reason is gone, or its rule.
    Resolved,
}

/// A row of the table `alerts`. The columns are explained in the migration.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Alert {
    pub id: AlertId,
    pub instance_id: Uuid,
    pub kind: RuleKind,
    pub subject_id: Uuid,
    pub export_id: Option<ExportId>,
    pub connection_id: Option<ConnectionId>,
    pub channel_id: Option<ChannelId>,
    pub subject_name: String,
    pub run_id: Option<RunId>,
    pub status: AlertStatus,
    pub reason: Json<NoticeReason>,
    pub remind_hours: Option<i64>,
    pub told: Json<Told>,
    pub opened_utc: Time,
    pub last_utc: Time,
    pub remind_utc: Option<Time>,
    pub acknowledged_by: Option<String>,
    pub acknowledged_utc: Option<Time>,
    pub note: Option<String>,
    pub resolved_utc: Option<Time>,
    pub version: i64,
}

/// The channels of an alert, as its rule names them now. (A JSON column holds an object.)
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// `None`: every channel of the instance.
    pub ids: Option<Vec<ChannelId>>,
}

impl From<&Alert> for Snapshot {
    fn from(alert: &Alert) -> Self {
        let state = serde_json::json!({
            "kind": alert.kind,
            "status": alert.status,
            "note": alert.note,
        });
        Self::of(&alert.id.0, &alert.subject_name, &state)
    }
}
