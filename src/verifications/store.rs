//! SQL of the tables `verifications` and `verification_differences`.

use std::time::Duration;

use sqlx::{QueryBuilder, Result};
use uuid::Uuid;

use super::difference::{DifferenceKind, ListDifference};
use super::tally::Findings;
use super::verification::{ListVerification, StoredLevel, VerificationId, VerificationLease};
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::exports::VerificationLevel;
use crate::names::RunId;
use crate::sql;

/// Rows in one INSERT: well below the 32,766 values that `SQLite` binds.
const ROWS_PER_INSERT: usize = 1000;

/// A verification that is to be added.
#[derive(Clone, Debug)]
pub struct NewVerification {
    /// The run whose members are sought.
    pub run: RunId,
    pub instance: Uuid,
    pub level: VerificationLevel,
    /// Of a sample: pages that are read.
    pub pages: Option<i64>,
    /// `None`: it belongs to the run.
    pub by: Option<String>,
    /// When it was asked for.
    pub now: Time,
}

/// Adds a verification that waits for a worker; `None`: the run has an open one.
pub async fn insert(
    tx: &mut WriteHandle,
    new: &NewVerification,
) -> Result<Option<ListVerification>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "INSERT INTO verifications (id, run_id, instance_id, level, pages, status, requested_by, requested_utc,
                 not_before)
             VALUES ($1, $2, $3, $4, $5, 'queued', $6, $7, $7) ON CONFLICT DO NOTHING RETURNING *",
        )
        .bind(VerificationId(Uuid::now_v7()))
        .bind(new.run)
        .bind(new.instance)
        .bind(StoredLevel::word(new.level))
        .bind(new.pages)
        .bind(&new.by)
        .bind(new.now)
        .fetch_optional(db)
        .await
    })
}

/// The verification that belongs to a run is done once: a later attempt of the run replaces it.
pub async fn remove_own(tx: &mut WriteHandle, run: RunId) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query("DELETE FROM verifications WHERE run_id = $1 AND requested_by IS NULL")
            .bind(run)
            .execute(db)
            .await
            .map(drop)
    })
}

/// Those that a worker may claim, the longest waiting first. While another run changes the list, its pages are not
/// those of one moment.
pub async fn due(tx: &mut ReadHandle, now: Time, limit: i64) -> Result<Vec<VerificationId>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT id FROM verifications WHERE not_before <= $1
                 AND (status = 'queued' OR (status = 'running' AND lease_until < $1))
                 AND NOT EXISTS (
                     SELECT 1 FROM runs AS own
                         JOIN runs AS other ON other.list_id = own.list_id AND other.id <> own.id
                     WHERE own.id = verifications.run_id AND other.status = 'running')
             ORDER BY not_before LIMIT $2",
        )
        .bind(now)
        .bind(limit)
        .fetch_all(db)
        .await
    })
}

/// Claims a verification; the fence rises. `None`: another worker has it.
pub async fn claim(
    tx: &mut WriteHandle,
    id: VerificationId,
    now: Time,
    ttl: Duration,
) -> Result<Option<ListVerification>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "UPDATE verifications SET status = 'running', fence = fence + 1, lease_until = $3,
                 start_utc = COALESCE(start_utc, $2)
             WHERE id = $1 AND not_before <= $2
                 AND (status = 'queued' OR (status = 'running' AND lease_until < $2))
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
pub async fn renew(tx: &mut WriteHandle, lease: VerificationLease, until: Time) -> Result<bool> {
    let done = sql!(tx, |db| {
        sqlx::query(
        "UPDATE verifications SET lease_until = $3 WHERE id = $1 AND fence = $2 AND status = 'running'"
    )
    .bind(lease.id)
    .bind(lease.fence)
    .bind(until)
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(done == 1)
}

/// Hands a verification back: it is due again at this time.
pub async fn release(tx: &mut WriteHandle, lease: VerificationLease, due: Time) -> Result<bool> {
    let done = sql!(tx, |db| sqlx::query(
        "UPDATE verifications SET status = 'queued', lease_until = NULL, not_before = $3
         WHERE id = $1 AND fence = $2 AND status = 'running'"
    )
    .bind(lease.id)
    .bind(lease.fence)
    .bind(due)
    .execute(db)
    .await?
    .rows_affected());
    Ok(done == 1)
}

/// Ends a verification with what it found. False: the lease is lost.
pub async fn complete(
    tx: &mut WriteHandle,
    lease: VerificationLease,
    found: &Findings,
    now: Time,
) -> Result<bool> {
    let done = sql!(&mut *tx, |db| {
        sqlx::query(
        "UPDATE verifications SET status = 'completed', lease_until = NULL, end_utc = $3, confirmed = $4, missing = $5,
             changed_by_others = $6, strangers = $7, unknown = $8, bound = $9, pages_read = $10, pages_of = $11,
             alerts_due = TRUE
         WHERE id = $1 AND fence = $2 AND status = 'running'"
    )
    .bind(lease.id)
    .bind(lease.fence)
    .bind(now)
    .bind(found.confirmed)
    .bind(found.missing)
    .bind(found.changed_by_others)
    .bind(found.strangers)
    .bind(found.unknown)
    .bind(found.bound)
    .bind(found.pages_read)
    .bind(found.pages_of)
    .execute(db)
    .await?
    .rows_affected()
    });
    if done == 1 {
        insert_differences(tx, lease.id, &found.differences).await?;
    }
    Ok(done == 1)
}

/// Ends a verification that found nothing out. False: the lease is lost.
pub async fn fail(
    tx: &mut WriteHandle,
    lease: VerificationLease,
    reason: &str,
    now: Time,
) -> Result<bool> {
    let done = sql!(tx, |db| {
        sqlx::query(
        "UPDATE verifications SET status = 'failed', lease_until = NULL, end_utc = $3, reason = $4
         WHERE id = $1 AND fence = $2 AND status = 'running'"
    )
    .bind(lease.id)
    .bind(lease.fence)
    .bind(now)
    .bind(reason)
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(done == 1)
}

async fn insert_differences(
    tx: &mut WriteHandle,
    id: VerificationId,
    differences: &[ListDifference],
) -> Result<()> {
    let numbered: Vec<_> = (1_i64..).zip(differences).collect();
    for some in numbered.chunks(ROWS_PER_INSERT) {
        sql!(&mut *tx, |db| {
            let mut insert = QueryBuilder::new(
                "INSERT INTO verification_differences (verification_id, number, kind, email, customer_id, state) ",
            );
            insert.push_values(some, |mut row, (number, one)| {
                row.push_bind(id)
                    .push_bind(*number)
                    .push_bind(one.kind)
                    .push_bind(storable(&one.email))
                    .push_bind(one.customer_id.as_deref().map(storable))
                    .push_bind(&one.state);
            });
            insert.build().execute(db).await.map(drop)
        })?;
    }
    Ok(())
}

/// `PostgreSQL` stores no NUL, which a Parquet file may hold.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// `None`: not found.
pub async fn get(tx: &mut ReadHandle, id: VerificationId) -> Result<Option<ListVerification>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM verifications WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await)
}

/// The verifications of a run, newest first.
pub async fn of_run(
    tx: &mut ReadHandle,
    run: RunId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ListVerification>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT * FROM verifications WHERE run_id = $1 AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        )
        .bind(run)
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await
    })
}

/// A difference with its number.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct NumberedDifference {
    /// From 1.
    pub number: i64,
    #[sqlx(flatten)]
    pub difference: ListDifference,
}

/// The people of whom a verification found something else, after a number.
pub async fn differences(
    tx: &mut ReadHandle,
    id: VerificationId,
    kind: Option<DifferenceKind>,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<NumberedDifference>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT number, kind, email, customer_id, state FROM verification_differences
             WHERE verification_id = $1 AND ($2 IS NULL OR kind = $2) AND number > $3 ORDER BY number LIMIT $4",
        )
        .bind(id)
        .bind(kind)
        .bind(after.unwrap_or(0))
        .bind(limit)
        .fetch_all(db)
        .await
    })
}
