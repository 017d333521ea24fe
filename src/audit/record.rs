//! Writes events: a change in the transaction that makes it, a refused call in one of its own.

use sqlx::types::Json;
use uuid::Uuid;

use super::action::Action;
use super::author::Author;
use super::change::Change;
use super::event::{AuditOutcome, Event, RefusedCall};
use super::store;
use crate::db::chain::link::Entry;
use crate::db::{self, WriteHandle};
use crate::telemetry;

/// Records a change, in the transaction that makes it.
pub async fn record(
    tx: &mut WriteHandle,
    author: &Author,
    action: Action,
    change: Change,
) -> sqlx::Result<()> {
    write(tx, &event_of(author, action, change)).await
}

/// Records that a call was refused, in a transaction of its own: nothing was changed.
pub async fn record_refusal(
    tx: &mut WriteHandle,
    author: &Author,
    action: Action,
    object: Option<String>,
    refusal: RefusedCall,
) -> sqlx::Result<()> {
    let change = Change { object_id: object, ..Change::default() };
    write(tx, &refused(author, action, change, refusal)).await
}

/// An event that nobody has written yet, with why the call was refused.
pub fn refused(author: &Author, action: Action, call: Change, refusal: RefusedCall) -> Event {
    Event {
        outcome: AuditOutcome::Refused,
        status: Some(refusal.status),
        error_code: Some(refusal.error_code),
        more_left_out: refusal.more_left_out,
        ..event_of(author, action, call)
    }
}

/// The event, and its link in the chain.
pub async fn write(tx: &mut WriteHandle, event: &Event) -> sqlx::Result<()> {
    store::insert(tx, event).await?;
    let (id, at, digest) = (event.id, event.occurred_utc, event.digest());
    tx.link(Entry::Event { id, at, digest, is_adopted: false });
    Ok(())
}

pub fn event_of(author: &Author, action: Action, change: Change) -> Event {
    let Author { instance, actor, origin } = author.clone();
    Event {
        id: Uuid::now_v7(),
        instance_id: instance,
        occurred_utc: db::now(),
        actor_kind: actor.kind,
        actor_subject: storable(&actor.subject),
        actor_name: storable(&actor.name),
        actor_role: actor.role.map(|role| format!("{role:?}")),
        actor_verified: actor.is_verified,
        request_id: origin.request_id,
        client_address: origin.client_address,
        user_agent: origin.user_agent,
        action: action.as_str().to_owned(),
        object_id: change.object_id.as_deref().map(storable),
        object_name: change.object_name,
        outcome: AuditOutcome::Success,
        status: None,
        error_code: None,
        more_left_out: false,
        before: Json(change.before),
        after: Json(change.after),
        trace_id: telemetry::trace_id(&tracing::Span::current()),
    }
}

/// `PostgreSQL` stores no NUL, which a token or an address may hold.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
