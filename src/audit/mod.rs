//! The audit: who changed what, when and from where, and what was refused.
//!
//! A change and its event are written in one transaction, so there is neither without the other. Events are
//! only ever added; the keeper removes those that have outlived their age. No event holds a secret.

pub mod action;
mod author;
mod change;
pub mod store;

use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::{self, Time, Tx};
use crate::telemetry;
pub use action::Action;
pub use author::{Actor, ActorKind, Author, Origin, Part};
pub use change::{Change, Snapshot};

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum Outcome {
    /// It was done.
    Success,
    /// The caller was told why not, and nothing was changed.
    Refused,
}

/// Why a call was refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// HTTP status.
    pub status: i32,
    /// Code of the problem.
    pub error_code: String,
    /// Whether further refusals of the actor in this minute are only counted.
    pub more_left_out: bool,
}

/// An event, as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns are explained in the migration")]
pub struct Event {
    pub id: Uuid,
    pub instance_id: Uuid,
    pub occurred_utc: Time,
    pub actor_kind: ActorKind,
    pub actor_subject: String,
    pub actor_name: String,
    pub actor_role: Option<String>,
    pub request_id: Option<String>,
    pub client_address: Option<String>,
    pub user_agent: Option<String>,
    pub action: String,
    pub object_id: Option<String>,
    pub object_name: Option<String>,
    pub outcome: Outcome,
    pub status: Option<i32>,
    pub error_code: Option<String>,
    pub more_left_out: bool,
    pub before: Json<Map<String, Value>>,
    pub after: Json<Map<String, Value>>,
    pub trace_id: Option<String>,
}

/// Records a change, in the transaction that makes it.
pub async fn record(
    tx: &mut Tx,
    author: &Author,
    action: Action,
    change: Change,
) -> sqlx::Result<()> {
    store::insert(tx, &event(author, action, change)).await
}

/// Records that a call was refused, in a transaction of its own: nothing was changed.
pub async fn record_refusal(
    tx: &mut Tx,
    author: &Author,
    action: Action,
    object: Option<String>,
    refusal: Refusal,
) -> sqlx::Result<()> {
    let change = Change { object_id: object, ..Change::default() };
    let refused = Event {
        outcome: Outcome::Refused,
        status: Some(refusal.status),
        error_code: Some(refusal.error_code),
        more_left_out: refusal.more_left_out,
        ..event(author, action, change)
    };
    store::insert(tx, &refused).await
}

fn event(author: &Author, action: Action, change: Change) -> Event {
    let Author { instance, actor, origin } = author.clone();
    Event {
        id: Uuid::now_v7(),
        instance_id: instance,
        occurred_utc: db::now(),
        actor_kind: actor.kind,
        actor_subject: storable(&actor.subject),
        actor_name: storable(&actor.name),
        actor_role: actor.role.map(|role| format!("{role:?}")),
        request_id: origin.request_id,
        client_address: origin.client_address,
        user_agent: origin.user_agent,
        action: action.as_str().to_owned(),
        object_id: change.object_id.as_deref().map(storable),
        object_name: change.object_name,
        outcome: Outcome::Success,
        status: None,
        error_code: None,
        more_left_out: false,
        before: Json(change.before),
        after: Json(change.after),
        trace_id: telemetry::trace_id(&tracing::Span::current()),
    }
}

/// Text as `PostgreSQL` takes it: without NUL, which a token or an address may hold.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
