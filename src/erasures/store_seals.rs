//! SQL of what erasures have sealed, for sealing it with another key: the people, and the keys of tombstones.

use sqlx::Result;
use uuid::Uuid;

use crate::db::{ReadHandle, WriteHandle};
use crate::sql;

/// What is sealed, and for which row.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ErasureSeal {
    /// Of the row for which it is sealed.
    pub id: Uuid,
    pub instance_id: Uuid,
    /// `keyId:base64`.
    pub sealed: String,
}

/// The people of open erasures, by the ids of these, of all instances, after `after`.
pub async fn people(
    tx: &mut ReadHandle,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ErasureSeal>> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT id, instance_id, people_sealed AS sealed FROM erasures
         WHERE people_sealed IS NOT NULL AND ($1 IS NULL OR id > $1) ORDER BY id LIMIT $2"
    )
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await)
}

/// The keys of tombstones, in the same way.
pub async fn keys(
    tx: &mut ReadHandle,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ErasureSeal>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT id, instance_id, sealed FROM tombstone_keys WHERE $1 IS NULL OR id > $1 ORDER BY id LIMIT $2"
    )
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await
    })
}

/// Replaces the people of `old` with the same, sealed otherwise. False: they were changed meanwhile.
pub async fn replace_people(tx: &mut WriteHandle, old: &ErasureSeal, new: &str) -> Result<bool> {
    let done = sql!(tx, |db| sqlx::query(
        "UPDATE erasures SET people_sealed = $3 WHERE id = $1 AND people_sealed = $2"
    )
    .bind(old.id)
    .bind(&old.sealed)
    .bind(new)
    .execute(db)
    .await?
    .rows_affected());
    Ok(done == 1)
}

/// The same with a key of tombstones.
pub async fn replace_key(tx: &mut WriteHandle, old: &ErasureSeal, new: &str) -> Result<bool> {
    let done = sql!(tx, |db| sqlx::query(
        "UPDATE tombstone_keys SET sealed = $3 WHERE id = $1 AND sealed = $2"
    )
    .bind(old.id)
    .bind(&old.sealed)
    .bind(new)
    .execute(db)
    .await?
    .rows_affected());
    Ok(done == 1)
}
