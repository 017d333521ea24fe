//! SQL of the table `erasures`: requests, and what callers see of them.

use sqlx::Result;
use uuid::Uuid;

use super::erasure::{Erasure, ErasureId, due};
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::sql;

/// A request that is to be added.
#[derive(Clone, Debug)]
pub struct NewErasure<'a> {
    pub id: ErasureId,
    pub instance: Uuid,
    pub people: i64,
    pub people_sealed: &'a str,
    pub legal_basis: &'a str,
    pub reference: &'a str,
    /// Until when the people are not sent.
    pub tombstones: Time,
    pub by: &'a str,
    pub now: Time,
}

/// Adds a request that waits for a worker.
pub async fn insert(tx: &mut WriteHandle, new: &NewErasure<'_>) -> Result<Erasure> {
    sql!(tx, |db| {
        sqlx::query_as(
            "INSERT INTO erasures (id, instance_id, people, people_sealed, legal_basis, reference, status,
                 requested_by, requested_utc, due_utc, tombstones_utc, not_before)
             VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7, $8, $9, $10, $8) RETURNING *",
        )
        .bind(new.id)
        .bind(new.instance)
        .bind(new.people)
        .bind(new.people_sealed)
        .bind(new.legal_basis)
        .bind(new.reference)
        .bind(new.by)
        .bind(new.now)
        .bind(due(new.now))
        .bind(new.tombstones)
        .fetch_one(db)
        .await
    })
}

pub async fn get(tx: &mut ReadHandle, instance: Uuid, id: ErasureId) -> Result<Option<Erasure>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM erasures WHERE instance_id = $1 AND id = $2")
        .bind(instance)
        .bind(id)
        .fetch_optional(db)
        .await)
}

/// Locks the row: until the transaction ends, nobody else changes it.
pub async fn get_to_change(
    tx: &mut WriteHandle,
    instance: Uuid,
    id: ErasureId,
) -> Result<Option<Erasure>> {
    sql!(tx, |db| sqlx::query_as(
        "UPDATE erasures SET version = version WHERE instance_id = $1 AND id = $2 RETURNING *"
    )
    .bind(instance)
    .bind(id)
    .fetch_optional(db)
    .await)
}

/// Newest first.
pub async fn list(
    tx: &mut ReadHandle,
    instance: Uuid,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Erasure>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT * FROM erasures WHERE instance_id = $1 AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
    )
    .bind(instance)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await
    })
}

/// Notes who lifted the tombstones, and why.
pub async fn lift(
    tx: &mut WriteHandle,
    id: ErasureId,
    by: &str,
    why: &str,
    now: Time,
) -> Result<Erasure> {
    sql!(tx, |db| {
        sqlx::query_as(
            "UPDATE erasures SET tombstones_utc = NULL, lifted_by = $2, lifted_utc = $4, lifted_because = $3,
                 version = version + 1
             WHERE id = $1 RETURNING *",
        )
        .bind(id)
        .bind(by)
        .bind(why)
        .bind(now)
        .fetch_one(db)
        .await
    })
}

/// Erasures of all instances that are not completed.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct OpenErasures {
    pub open: i64,
    /// Those of them whose month has passed.
    pub overdue: i64,
    /// When the oldest was requested; empty when there is none.
    pub oldest_utc: Option<Time>,
}

/// Counts the erasures of all instances that are not completed.
pub async fn count_open(tx: &mut ReadHandle, now: Time) -> Result<OpenErasures> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT count(*) AS open, count(CASE WHEN due_utc < $1 THEN 1 END) AS overdue,
                 MIN(requested_utc) AS oldest_utc
             FROM erasures WHERE status <> 'completed'",
        )
        .bind(now)
        .fetch_one(db)
        .await
    })
}

/// Removes at most so many erasures that were completed before this time, with what was found.
pub async fn remove_expired(tx: &mut WriteHandle, before: Time, most: i64) -> Result<u64> {
    let removed = sql!(tx, |db| {
        sqlx::query(
            "DELETE FROM erasures WHERE id IN (
                 SELECT id FROM erasures WHERE status = 'completed' AND completed_utc < $1
                     AND NOT EXISTS (SELECT 1 FROM tombstones WHERE erasure_id = erasures.id) LIMIT $2)",
        )
        .bind(before)
        .bind(most)
        .execute(db)
        .await?
        .rows_affected()
    });
    Ok(removed)
}
