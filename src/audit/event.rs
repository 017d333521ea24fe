//! An event of the audit: who did what to which object, and how it ended.

use serde::Serialize;
use serde_json::{Map, Value, json};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::author::ActorKind;
use crate::db::Time;
use crate::db::chain::link;

/// Whether a call was done or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
#[schema(as = Outcome)]
pub enum AuditOutcome {
    Success,
    Refused,
}

#[derive(Clone, Debug)]
pub struct RefusedCall {
    pub status: i32,
    /// `code` of the problem.
    pub error_code: String,
    /// Whether further refusals of the actor in this minute are only counted.
    pub more_left_out: bool,
}

/// An event, as it is stored. The columns are explained in the migration.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Event {
    pub id: Uuid,
    pub instance_id: Uuid,
    pub occurred_utc: Time,
    pub actor_kind: ActorKind,
    pub actor_subject: String,
    pub actor_name: String,
    pub actor_role: Option<String>,
    pub actor_verified: bool,
    pub request_id: Option<String>,
    pub client_address: Option<String>,
    pub user_agent: Option<String>,
    pub action: String,
    pub object_id: Option<String>,
    pub object_name: Option<String>,
    pub outcome: AuditOutcome,
    pub status: Option<i32>,
    pub error_code: Option<String>,
    pub more_left_out: bool,
    pub before: Json<Map<String, Value>>,
    pub after: Json<Map<String, Value>>,
    pub trace_id: Option<String>,
}

impl Event {
    /// What the chain keeps of it: a digest of every column. It depends on no engine: times are microseconds, and the
    /// members of objects are sorted.
    pub(super) fn digest(&self) -> String {
        let actor = json!([
            self.actor_kind,
            self.actor_subject,
            self.actor_name,
            self.actor_role,
            self.actor_verified
        ]);
        let origin = json!([self.request_id, self.client_address, self.user_agent, self.trace_id]);
        let object =
            json!([self.action, self.object_id, self.object_name, self.before.0, self.after.0]);
        let outcome = json!([self.outcome, self.status, self.error_code, self.more_left_out]);
        let time = self.occurred_utc.timestamp_micros();
        let event = json!([1, self.id, self.instance_id, time, actor, origin, object, outcome]);
        link::digest(&event.to_string())
    }
}
