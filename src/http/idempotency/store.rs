//! SQL of the `idempotency_keys` table.

use sqlx::Result;
use uuid::Uuid;

use super::answer::Answer;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::sql;

/// Claims a key; a unique violation means that it is in use.
pub async fn insert(
    tx: &mut WriteHandle,
    instance: Uuid,
    subject: &str,
    key: &str,
    request_hash: &str,
    now: Time,
) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
        "INSERT INTO idempotency_keys (instance_id, subject, key, request_hash, status, body, created_utc)
         VALUES ($1, $2, $3, $4, 0, '', $5)"
    )
    .bind(instance)
    .bind(subject)
    .bind(key)
    .bind(request_hash)
    .bind(now)
    .execute(db)
    .await
    .map(drop)
    })
}

/// Stores the answer of a key that was just claimed.
pub async fn keep(
    tx: &mut WriteHandle,
    instance: Uuid,
    subject: &str,
    key: &str,
    answer: &Answer,
) -> Result<()> {
    sql!(tx, |db| sqlx::query(
        "UPDATE idempotency_keys SET status = $4, location = $5, etag = $6, body = $7
         WHERE instance_id = $1 AND subject = $2 AND key = $3"
    )
    .bind(instance)
    .bind(subject)
    .bind(key)
    .bind(answer.status)
    .bind(&answer.location)
    .bind(&answer.etag)
    .bind(&answer.body)
    .execute(db)
    .await
    .map(drop))
}

/// The request hash and the answer of a key.
pub async fn get(
    tx: &mut ReadHandle,
    instance: Uuid,
    subject: &str,
    key: &str,
) -> Result<Option<(String, Answer)>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        request_hash: String,
        #[sqlx(flatten)]
        answer: Answer,
    }
    let row: Option<Row> = sql!(tx, |db| sqlx::query_as(
        "SELECT request_hash, status, location, etag, body FROM idempotency_keys
         WHERE instance_id = $1 AND subject = $2 AND key = $3"
    )
    .bind(instance)
    .bind(subject)
    .bind(key)
    .fetch_optional(db)
    .await?);
    Ok(row.map(|row| (row.request_hash, row.answer)))
}

/// Deletes at most `limit` keys that are older than `before`.
pub async fn remove_expired(tx: &mut WriteHandle, before: Time, limit: i64) -> Result<u64> {
    sql!(tx, |db| sqlx::query(
        "DELETE FROM idempotency_keys WHERE (instance_id, subject, key) IN
         (SELECT instance_id, subject, key FROM idempotency_keys WHERE created_utc < $1 LIMIT $2)"
    )
    .bind(before)
    .bind(limit)
    .execute(db)
    .await
    .map(|done| done.rows_affected()))
}

/// A kept answer, by what names it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct KeptAnswer {
    pub subject: String,
    pub key: String,
    pub body: String,
}

/// Answers that are kept for an instance, after the caller and the key of `after`.
pub async fn kept(
    tx: &mut ReadHandle,
    instance: Uuid,
    (subject, key): (&str, &str),
    limit: i64,
) -> Result<Vec<KeptAnswer>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT subject, key, body FROM idempotency_keys
         WHERE instance_id = $1 AND (subject > $2 OR (subject = $2 AND key > $3)) ORDER BY subject, key LIMIT $4"
    )
    .bind(instance)
    .bind(subject)
    .bind(key)
    .bind(limit)
    .fetch_all(db)
    .await
    })
}

/// Removes a kept answer: the same key may be used anew.
pub async fn remove(tx: &mut WriteHandle, instance: Uuid, subject: &str, key: &str) -> Result<()> {
    let delete =
        "DELETE FROM idempotency_keys WHERE instance_id = $1 AND subject = $2 AND key = $3";
    sql!(tx, |db| sqlx::query(delete)
        .bind(instance)
        .bind(subject)
        .bind(key)
        .execute(db)
        .await
        .map(drop))
}
