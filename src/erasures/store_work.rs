//! SQL of the table `erasures`: what workers do with them.

use std::time::Duration;

use sqlx::Result;

use super::erasure::{Erasure, ErasureId, ErasureLease};
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::sql;

/// The erasure that is due longest; `None` when none is, or others have them.
pub async fn due(tx: &mut ReadHandle, now: Time) -> Result<Option<ErasureId>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT id FROM erasures WHERE status <> 'completed' AND not_before <= $1
                 AND (lease_until IS NULL OR lease_until < $1)
             ORDER BY not_before, id LIMIT 1",
        )
        .bind(now)
        .fetch_optional(db)
        .await
    })
}

/// Claims an erasure; the fence rises. `None`: another worker has it.
pub async fn claim(
    tx: &mut WriteHandle,
    id: ErasureId,
    now: Time,
    ttl: Duration,
) -> Result<Option<Erasure>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "UPDATE erasures SET status = 'inProgress', fence = fence + 1, lease_until = $3, version = version + 1
             WHERE id = $1 AND status <> 'completed' AND not_before <= $2
                 AND (lease_until IS NULL OR lease_until < $2)
             RETURNING *",
        )
        .bind(id)
        .bind(now)
        .bind(now + ttl)
        .fetch_optional(db)
        .await
    })
}

/// Extends the lease. False: it is lost.
pub async fn renew(tx: &mut WriteHandle, lease: ErasureLease, until: Time) -> Result<bool> {
    let done = sql!(tx, |db| {
        sqlx::query("UPDATE erasures SET lease_until = $3 WHERE id = $1 AND fence = $2 AND status = 'inProgress'")
            .bind(lease.id)
            .bind(lease.fence)
            .bind(until)
            .execute(db)
            .await?
            .rows_affected()
    });
    Ok(done == 1)
}

/// The first statement of every change: it locks the row. False: another worker has the erasure.
pub async fn is_ours(tx: &mut WriteHandle, lease: ErasureLease) -> Result<bool> {
    let done = sql!(tx, |db| {
        sqlx::query(
            "UPDATE erasures SET version = version + 1 WHERE id = $1 AND fence = $2 AND status = 'inProgress'",
        )
        .bind(lease.id)
        .bind(lease.fence)
        .execute(db)
        .await?
        .rows_affected()
    });
    Ok(done == 1)
}

/// Keeps the people with the addresses of those who were named by their id.
pub async fn resolve(tx: &mut WriteHandle, id: ErasureId, sealed: &str) -> Result<()> {
    let update = "UPDATE erasures SET people_sealed = $2, is_resolved = TRUE WHERE id = $1";
    sql!(tx, |db| sqlx::query(update).bind(id).bind(sealed).execute(db).await.map(drop))
}

/// Notes how far the sweep through the lists has come.
pub async fn set_list_steps(tx: &mut WriteHandle, id: ErasureId, steps: i64) -> Result<()> {
    let update = "UPDATE erasures SET list_steps = $2 WHERE id = $1";
    sql!(tx, |db| sqlx::query(update).bind(id).bind(steps).execute(db).await.map(drop))
}

/// Hands an erasure back, with what is in its way: it is due again at this time.
pub async fn release(
    tx: &mut WriteHandle,
    lease: ErasureLease,
    waiting: Option<&str>,
    due: Time,
) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE erasures SET waiting = $3, not_before = $4, lease_until = NULL, version = version + 1
             WHERE id = $1 AND fence = $2 AND status = 'inProgress'",
        )
        .bind(lease.id)
        .bind(lease.fence)
        .bind(waiting)
        .bind(due)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Forgets who was erased. The erasure still has to be completed.
pub async fn forget_people(tx: &mut WriteHandle, id: ErasureId) -> Result<()> {
    let update = "UPDATE erasures SET people_sealed = NULL, waiting = NULL WHERE id = $1";
    sql!(tx, |db| sqlx::query(update).bind(id).execute(db).await.map(drop))
}

/// Completes an erasure, and gives the lease up.
pub async fn complete(tx: &mut WriteHandle, id: ErasureId, now: Time) -> Result<Erasure> {
    sql!(tx, |db| {
        sqlx::query_as(
            "UPDATE erasures SET status = 'completed', completed_utc = $2, waiting = NULL, lease_until = NULL
             WHERE id = $1 RETURNING *",
        )
        .bind(id)
        .bind(now)
        .fetch_one(db)
        .await
    })
}
