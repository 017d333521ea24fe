//! SQL of the `audit_events` table. Nothing here changes an event, and only `forget` removes any.

use sqlx::Result;
use uuid::Uuid;

use super::Event;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::sql;

/// Which events to list; everything when empty.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those of this actor's subject.
    pub actor: Option<String>,
    /// Those of this action.
    pub action: Option<&'static str>,
    /// Those of the object with this id.
    pub object: Option<String>,
    /// Those that happened at this time or later.
    pub from: Option<Time>,
    /// Those that happened before this time.
    pub to: Option<Time>,
}

/// Adds an event.
pub async fn insert(tx: &mut WriteHandle, event: &Event) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
        "INSERT INTO audit_events (id, instance_id, occurred_utc, actor_kind, actor_subject, actor_name, actor_role,
             request_id, client_address, user_agent, action, object_id, object_name, outcome, status, error_code,
             more_left_out, \"before\", \"after\", trace_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"
    )
    .bind(event.id)
    .bind(event.instance_id)
    .bind(event.occurred_utc)
    .bind(event.actor_kind)
    .bind(&event.actor_subject)
    .bind(&event.actor_name)
    .bind(&event.actor_role)
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

/// Events, newest first.
pub async fn list(
    tx: &mut ReadHandle,
    instance: Uuid,
    filter: &Filter,
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

/// Removes events from before `before`, at most `limit`: they have outlived their age.
pub async fn forget(tx: &mut WriteHandle, before: Time, limit: i64) -> Result<u64> {
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
