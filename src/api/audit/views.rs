//! Audit events on the wire.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::audit::{Action, ActorKind, AuditOutcome, Event};

/// One change that somebody made, or a call that was rejected.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEventView {
    pub audit_event_id: Uuid,
    pub instance_id: Uuid,
    pub occurred_utc: DateTime<Utc>,
    pub actor: ActorView,
    pub origin: OriginView,
    #[schema(value_type = Action)]
    pub action: String,
    pub object: ObjectView,
    pub outcome: AuditOutcome,
    /// HTTP status of the answer, if the call was rejected.
    #[schema(required)]
    pub status: Option<i32>,
    /// `errorCode` of the problem, if the call was rejected.
    #[schema(required, example = "forbidden")]
    pub error_code: Option<String>,
    /// Whether further refusals of this actor in that minute are only counted, in the metrics.
    pub more_left_out: bool,
    /// The fields that changed, as they were. Secrets are never among them.
    #[schema(value_type = Object)]
    pub before: Map<String, Value>,
    /// The same fields, as they are since.
    #[schema(value_type = Object)]
    pub after: Map<String, Value>,
    #[schema(required, example = "4bf92f3577b34da6a3ce929d0e0e4736")]
    pub trace_id: Option<String>,
}

/// The user or the part of the service that made the change.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActorView {
    pub kind: ActorKind,
    /// The subject of the token, or the part of the service.
    #[schema(example = "ann@example.com")]
    pub subject: String,
    #[schema(example = "Ann")]
    pub name: String,
    /// The role it acted in; the service itself has none.
    #[schema(required, example = "Admin")]
    pub role: Option<String>,
    /// Whether it proved who it is. `false`: subject and name are what a rejected token claims.
    pub verified: bool,
}

/// Where the call came from; all `null` when the service acted by itself.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OriginView {
    #[schema(required, example = "0198c5a2-7d3e-7b4c-9a51-3f6c2d8e1b47")]
    pub request_id: Option<String>,
    #[schema(required, example = "192.0.2.7")]
    pub client_address: Option<String>,
    #[schema(required, example = "Mozilla/5.0")]
    pub user_agent: Option<String>,
}

/// What it was done to; of a call that was refused at the door, its method and route.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectView {
    #[schema(example = "connection")]
    pub kind: String,
    /// Its id; a segment's is its name. `null` when it did not come to be.
    #[schema(required, example = "0198c5a2-7d3e-7b4c-9a51-3f6c2d8e1b47")]
    pub id: Option<String>,
    #[schema(required, example = "Campaign Monitor - newsletter")]
    pub name: Option<String>,
}

impl From<Event> for AuditEventView {
    fn from(event: Event) -> Self {
        let kind = event.action.split('.').next().unwrap_or_default().to_owned();
        Self {
            audit_event_id: event.id,
            instance_id: event.instance_id,
            occurred_utc: event.occurred_utc,
            actor: ActorView {
                kind: event.actor_kind,
                subject: event.actor_subject,
                name: event.actor_name,
                role: event.actor_role,
                verified: event.actor_verified,
            },
            origin: OriginView {
                request_id: event.request_id,
                client_address: event.client_address,
                user_agent: event.user_agent,
            },
            object: ObjectView { kind, id: event.object_id, name: event.object_name },
            action: event.action,
            outcome: event.outcome,
            status: event.status,
            error_code: event.error_code,
            more_left_out: event.more_left_out,
            before: event.before.0,
            after: event.after.0,
            trace_id: event.trace_id,
        }
    }
}

/// The columns of the CSV, in its order.
pub const CSV_HEADER: &str = "auditEventId,occurredUtc,actorKind,actorSubject,actorName,actorRole,action,\
    objectKind,objectId,objectName,outcome,status,errorCode,before,after,requestId,clientAddress,userAgent,traceId,\
    actorVerified\r\n";

impl AuditEventView {
    /// The fields of its line in the CSV.
    #[must_use]
    pub fn csv_fields(self) -> Vec<String> {
        let word = |value: Value| value.as_str().unwrap_or_default().to_owned();
        let kind = serde_json::to_value(self.actor.kind).map(word).unwrap_or_default();
        let outcome = serde_json::to_value(self.outcome).map(word).unwrap_or_default();
        let json = |fields: Map<String, Value>| Value::Object(fields).to_string();
        vec![
            self.audit_event_id.to_string(),
            self.occurred_utc.to_rfc3339(),
            kind,
            self.actor.subject,
            self.actor.name,
            self.actor.role.unwrap_or_default(),
            self.action,
            self.object.kind,
            self.object.id.unwrap_or_default(),
            self.object.name.unwrap_or_default(),
            outcome,
            self.status.map(|status| status.to_string()).unwrap_or_default(),
            self.error_code.unwrap_or_default(),
            json(self.before),
            json(self.after),
            self.origin.request_id.unwrap_or_default(),
            self.origin.client_address.unwrap_or_default(),
            self.origin.user_agent.unwrap_or_default(),
            self.trace_id.unwrap_or_default(),
            self.actor.verified.to_string(),
        ]
    }
}
