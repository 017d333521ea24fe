//! SQL of the table `signing_keys`.

use sqlx::Result;
use uuid::Uuid;

use super::key::SigningKey;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::sql;

/// The key that signs receipts; there is one at most.
pub async fn current(tx: &mut ReadHandle) -> Result<Option<SigningKey>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM signing_keys WHERE is_current")
        .fetch_optional(db)
        .await)
}

/// Every key, newest first.
pub async fn all(tx: &mut ReadHandle) -> Result<Vec<SigningKey>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM signing_keys ORDER BY id DESC").fetch_all(db).await)
}

/// Stores a key that signs. False: another process has stored one first.
pub async fn insert(tx: &mut WriteHandle, key: &SigningKey) -> Result<bool> {
    let done = sql!(tx, |db| {
        sqlx::query(
            "INSERT INTO signing_keys (id, public_key, sealed, is_current, created_utc)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        )
        .bind(key.id)
        .bind(&key.public_key)
        .bind(&key.sealed)
        .bind(key.is_current)
        .bind(key.created_utc)
        .execute(db)
        .await?
        .rows_affected()
    });
    Ok(done == 1)
}

/// The key that signs signs no more, and its private part is gone.
pub async fn retire(tx: &mut WriteHandle, now: Time) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE signing_keys SET is_current = FALSE, sealed = NULL, retired_utc = $1 WHERE is_current",
        )
        .bind(now)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Marks a key as revoked since this time, unless it is already. It has to be retired before, or with it.
pub async fn revoke(tx: &mut WriteHandle, id: Uuid, now: Time) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE signing_keys SET revoked_utc = $2 WHERE id = $1 AND NOT is_current AND revoked_utc IS NULL",
        )
        .bind(id)
        .bind(now)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Replaces a sealed key with the same one, sealed otherwise. False: it was changed meanwhile.
pub async fn reseal(tx: &mut WriteHandle, id: Uuid, old: &str, new: &str) -> Result<bool> {
    let done = sql!(tx, |db| sqlx::query(
        "UPDATE signing_keys SET sealed = $3 WHERE id = $1 AND sealed = $2"
    )
    .bind(id)
    .bind(old)
    .bind(new)
    .execute(db)
    .await?
    .rows_affected());
    Ok(done == 1)
}
