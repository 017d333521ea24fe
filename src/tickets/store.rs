//! SQL of the table `event_tickets`.

use sqlx::Result;
use uuid::Uuid;

use super::ticket::EventTicket;
use crate::db::{Time, WriteHandle};
use crate::names::RunId;
use crate::sql;

pub async fn insert(tx: &mut WriteHandle, new: &EventTicket) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
        "INSERT INTO event_tickets (hash, instance_id, run_id, token_expires_utc, token_key, expires_utc)
         VALUES ($1, $2, $3, $4, $5, $6)"
    )
    .bind(&new.hash)
    .bind(new.instance_id)
    .bind(new.run_id)
    .bind(new.token_expires_utc)
    .bind(&new.token_key)
    .bind(new.expires_utc)
    .execute(db)
    .await
    .map(drop)
    })
}

/// Uses a ticket up. Of several calls at the same moment one gets it, because it is removed with the same statement.
pub async fn redeem(
    tx: &mut WriteHandle,
    hash: &str,
    instance: Uuid,
    run: RunId,
    now: Time,
) -> Result<Option<EventTicket>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "DELETE FROM event_tickets WHERE hash = $1 AND instance_id = $2 AND run_id = $3 AND expires_utc > $4
         RETURNING *"
    )
    .bind(hash)
    .bind(instance)
    .bind(run)
    .bind(now)
    .fetch_optional(db)
    .await
    })
}

/// Removes up to `limit` tickets that expired before; returns how many.
pub async fn remove_expired(tx: &mut WriteHandle, before: Time, limit: i64) -> Result<u64> {
    sql!(tx, |db| sqlx::query(
        "DELETE FROM event_tickets WHERE hash IN
             (SELECT hash FROM event_tickets WHERE expires_utc < $1 LIMIT $2)"
    )
    .bind(before)
    .bind(limit)
    .execute(db)
    .await
    .map(|done| done.rows_affected()))
}
