//! SQL of the `audit_events` table. Nothing here changes an event, and only `remove_before` removes any.

use std::collections::HashMap;

use sqlx::{FromRow, Result, Row};
use uuid::Uuid;

use super::event::Event;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::sql;

/// Which events to list; every one when empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct EventQuery {
    /// The subject of the actor.
    pub(crate) actor: Option<String>,
    pub(crate) action: Option<&'static str>,
    pub(crate) object: Option<String>,
    /// Inclusive.
    pub(crate) from: Option<Time>,
    /// Exclusive.
    pub(crate) to: Option<Time>,
}

pub(crate) async fn insert(tx: &mut WriteHandle, event: &Event) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
        "INSERT INTO audit_events (id, instance_id, occurred_utc, actor_kind, actor_subject, actor_name, actor_role,
             actor_verified, request_id, client_address, user_agent, action, object_id, object_name, outcome, status,
             error_code, more_left_out, \"before\", \"after\", trace_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)"
    )
    .bind(event.id)
    .bind(event.instance_id)
    .bind(event.occurred_utc)
    .bind(event.actor_kind)
    .bind(&event.actor_subject)
    .bind(&event.actor_name)
    .bind(&event.actor_role)
    .bind(event.actor_verified)
    .bind(&event.request_id)
    .bind(&event.client_address)
    .bind(&event.user_agent)
    .bind(&event.action)
    .bind(&event.object_id)
    .bind(&event.object_name)
    .bind(event.outcome)
    .bind(event.status)
    .bind(&event.error_code)
    .bind(event.more_left_out)
    .bind(&event.before)
    .bind(&event.after)
    .bind(&event.trace_id)
    .execute(db)
    .await
    .map(drop)
    })
}

/// Newest first.
pub(crate) async fn list(
    tx: &mut ReadHandle,
    instance: Uuid,
    filter: &EventQuery,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Event>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT * FROM audit_events WHERE instance_id = $1 AND ($2 IS NULL OR id < $2)
             AND ($3 IS NULL OR actor_subject = $3) AND ($4 IS NULL OR action = $4) AND ($5 IS NULL OR object_id = $5)
             AND ($6 IS NULL OR occurred_utc >= $6) AND ($7 IS NULL OR occurred_utc < $7)
         ORDER BY id DESC LIMIT $8"
    )
    .bind(instance)
    .bind(after)
    .bind(filter.actor.as_deref())
    .bind(filter.action)
    .bind(filter.object.as_deref())
    .bind(filter.from)
    .bind(filter.to)
    .bind(limit)
    .fetch_all(db)
    .await
    })
}

/// Removes at most `limit` events that happened before `before`, and returns how many.
pub(super) async fn remove_before(tx: &mut WriteHandle, before: Time, limit: i64) -> Result<u64> {
    sql!(tx, |db| sqlx::query(
        "DELETE FROM audit_events WHERE id IN
         (SELECT id FROM audit_events WHERE occurred_utc < $1 LIMIT $2)"
    )
    .bind(before)
    .bind(limit)
    .execute(db)
    .await
    .map(|done| done.rows_affected()))
}

/// The events of `limit` links after a position, by id; an error for one that cannot be read.
pub(super) async fn of_links(
    tx: &mut ReadHandle,
    after: i64,
    limit: i64,
) -> Result<HashMap<Uuid, Result<Event>>> {
    sql!(tx, |db| {
        let rows = sqlx::query(
            "SELECT * FROM audit_events WHERE id IN
             (SELECT event_id FROM audit_chain WHERE position > $1 ORDER BY position LIMIT $2)",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await?;
        rows.iter().map(|row| Ok((row.try_get("id")?, Event::from_row(row)))).collect()
    })
}

/// Events without a link, in the order of their ids, after one of these; an error for one that cannot be read.
pub(super) async fn unlinked(
    tx: &mut ReadHandle,
    after: Uuid,
    limit: i64,
) -> Result<Vec<(Uuid, Result<Event>)>> {
    sql!(tx, |db| {
        let rows = sqlx::query(
            "SELECT * FROM audit_events WHERE id > $1
                 AND NOT EXISTS (SELECT 1 FROM audit_chain WHERE event_id = audit_events.id)
             ORDER BY id LIMIT $2",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await?;
        rows.iter().map(|row| Ok((row.try_get("id")?, Event::from_row(row)))).collect()
    })
}
