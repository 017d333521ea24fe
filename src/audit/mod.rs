//! The audit: who changed what, when and from where, and what was refused.
//!
//! A change and its event are written in one transaction, so there is neither without the other. Events are
//! only ever added; the keeper removes those that have outlived their age. No event holds a secret.

pub mod action;
pub mod api;
pub mod store;
pub mod views;

use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::{self, Time, Tx};
use crate::identity::{Identity, Role};
use crate::telemetry;
pub use action::Action;

/// Members of a view that say nothing of what was changed: the event itself says who and when.
const STAMPS: [&str; 6] =
    ["instanceId", "version", "createdBy", "createdUtc", "updatedBy", "updatedUtc"];

/// Whether a person or the service itself did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum ActorKind {
    /// A person or program with a token.
    User,
    /// A part of the service.
    System,
}

/// A part of the service that changes things by itself.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// What starts runs by the clock and with refreshes.
    Scheduler,
    /// What carries runs out.
    Worker,
    /// What calls Campaign Monitor, for runs and callers alike, and finds out that it refuses a credential.
    Session,
}

/// Who did something.
#[derive(Clone, Debug)]
pub struct Actor {
    /// A person or the service.
    pub kind: ActorKind,
    /// Stable id: the subject of the token, or the part of the service.
    pub subject: String,
    /// Name to show.
    pub name: String,
    /// The role it acted in; the service has none.
    pub role: Option<Role>,
}

/// Where a call came from; all absent when the service acts by itself.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// `X-Request-Id` of the answer.
    pub request_id: Option<String>,
    /// IP address of the caller.
    pub client_address: Option<String>,
    /// `User-Agent`, at most 200 characters of it.
    pub user_agent: Option<String>,
}

/// Who does something, from where, in which instance.
#[derive(Clone, Debug)]
pub struct Author {
    /// Where it is done.
    pub instance: Uuid,
    /// Who does it.
    pub actor: Actor,
    /// From where.
    pub origin: Origin,
}

/// What an object says of itself at one moment, without secrets.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Its id; a segment's is its name.
    pub id: String,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its fields, as callers see them.
    pub fields: Map<String, Value>,
}

/// What became of an object.
#[derive(Clone, Debug, Default)]
pub struct Change {
    object_id: Option<String>,
    object_name: Option<String>,
    before: Map<String, Value>,
    after: Map<String, Value>,
}

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

impl Actor {
    /// The person a token names.
    #[must_use]
    pub fn user(identity: &Identity) -> Self {
        Self {
            kind: ActorKind::User,
            subject: identity.subject.clone(),
            name: identity.name.clone(),
            role: Some(identity.role),
        }
    }

    /// A part of the service.
    #[must_use]
    pub fn system(part: Part) -> Self {
        let (subject, name) = match part {
            Part::Scheduler => ("scheduler", "Scheduler"),
            Part::Worker => ("worker", "Worker"),
            Part::Session => ("session", "Session at Campaign Monitor"),
        };
        Self { kind: ActorKind::System, subject: subject.into(), name: name.into(), role: None }
    }
}

impl Author {
    /// An administrator who has no token with this call, but proves to have had one.
    #[must_use]
    pub fn administrator(instance: Uuid, subject: &str, name: &str, origin: Origin) -> Self {
        let (kind, role) = (ActorKind::User, Some(Role::Admin));
        let actor = Actor { kind, subject: subject.to_owned(), name: name.to_owned(), role };
        Self { instance, actor, origin }
    }

    /// A part of the service, acting by itself.
    #[must_use]
    pub fn system(instance: Uuid, part: Part) -> Self {
        Self { instance, actor: Actor::system(part), origin: Origin::default() }
    }
}

impl Snapshot {
    /// What `view` shows of an object.
    ///
    /// # Panics
    /// Never: a view is a JSON object.
    #[must_use]
    pub fn of(id: &impl ToString, name: impl Into<String>, view: &impl Serialize) -> Self {
        Self { id: id.to_string(), name: Some(name.into()), fields: fields(view) }
    }
}

fn fields(view: &impl Serialize) -> Map<String, Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(view) else {
        unreachable!("a view is a JSON object");
    };
    fields.retain(|name, _| !STAMPS.contains(&name.as_str()));
    fields
}

impl Change {
    /// It was made.
    pub fn made(new: impl Into<Snapshot>) -> Self {
        let Snapshot { id, name, fields } = new.into();
        Self { object_id: Some(id), object_name: name, before: Map::new(), after: fields }
    }

    /// It was removed.
    pub fn removed(old: impl Into<Snapshot>) -> Self {
        let Snapshot { id, name, fields } = old.into();
        Self { object_id: Some(id), object_name: name, before: fields, after: Map::new() }
    }

    /// It was changed: only what differs is kept.
    pub fn between(old: impl Into<Snapshot>, new: impl Into<Snapshot>) -> Self {
        let (old, new) = (old.into(), new.into());
        let differing = |fields: &Map<String, Value>, others: &Map<String, Value>| {
            let differs = |(name, value): &(&String, &Value)| others.get(*name) != Some(*value);
            fields
                .iter()
                .filter(differs)
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        };
        Self {
            before: differing(&old.fields, &new.fields),
            after: differing(&new.fields, &old.fields),
            object_id: Some(new.id),
            object_name: new.name,
        }
    }

    /// Something was done to it that changed none of its own fields; `what` says what.
    pub fn done(to: impl Into<Snapshot>, what: &impl Serialize) -> Self {
        Self { after: fields(what), ..Self::made(to) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn snapshot(view: &Value) -> Snapshot {
        Snapshot::of(&"1", "One", view)
    }

    #[test]
    fn a_change_keeps_only_what_differs() {
        let old = snapshot(&json!({"colour": "red", "size": 1, "gone": true, "version": 1}));
        let new = snapshot(&json!({"colour": "blue", "size": 1, "version": 2}));
        let change = Change::between(old, new);
        assert_eq!(Value::Object(change.before), json!({"colour": "red", "gone": true}));
        assert_eq!(Value::Object(change.after), json!({"colour": "blue"}));
    }
}
