//! SQL of the tables `tombstones` and `tombstone_keys`.

use std::sync::Arc;

use sqlx::{QueryBuilder, Result};
use uuid::Uuid;

use super::erasure::ErasureId;
use super::people::People;
use super::tombstones::{TombstoneKey, TombstoneSet, Tombstones};
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::secrets::Keys;
use crate::sql;

/// Rows in one INSERT: well below the 32,766 values that `SQLite` binds.
const ROWS_PER_INSERT: usize = 1000;

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: Uuid,
    sealed: String,
    generation: i64,
}

/// How often the tombstones of an instance grew; 0 where there never were any.
pub async fn generation(tx: &mut ReadHandle, instance: Uuid) -> Result<i64> {
    let known: Option<i64> = sql!(tx, |db| sqlx::query_scalar(
        "SELECT generation FROM tombstone_keys WHERE instance_id = $1"
    )
    .bind(instance)
    .fetch_optional(db)
    .await?);
    Ok(known.unwrap_or_default())
}

/// The same, as it stays until the transaction ends: who adds tombstones waits for that. The key has to be there.
pub async fn hold_generation(tx: &mut WriteHandle, instance: Uuid) -> Result<i64> {
    let update = "UPDATE tombstone_keys SET generation = generation WHERE instance_id = $1
                  RETURNING generation";
    sql!(tx, |db| sqlx::query_scalar(update).bind(instance).fetch_one(db).await)
}

async fn key_row(tx: &mut ReadHandle, instance: Uuid) -> Result<Option<KeyRow>> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT id, sealed, generation FROM tombstone_keys WHERE instance_id = $1"
    )
    .bind(instance)
    .fetch_optional(db)
    .await)
}

/// The tombstones of an instance that have not expired. The generation is read first: what is added meanwhile
/// raises it.
pub async fn load(
    tx: &mut ReadHandle,
    keys: &Keys,
    instance: Uuid,
    now: Time,
) -> anyhow::Result<Tombstones> {
    let Some(KeyRow { id, sealed, generation }) = key_row(tx, instance).await? else {
        return Ok(Tombstones::default());
    };
    let digests: Vec<String> = sql!(tx, |db| sqlx::query_scalar(
        "SELECT digest FROM tombstones WHERE instance_id = $1 AND expires_utc > $2"
    )
    .bind(instance)
    .bind(now)
    .fetch_all(db)
    .await?);
    if digests.is_empty() {
        return Ok(Tombstones { generation, set: None });
    }
    let key = TombstoneKey::open(keys, &sealed, instance, id)?;
    let set = TombstoneSet::new(key, digests.into_iter().collect());
    Ok(Tombstones { generation, set: Some(Arc::new(set)) })
}

/// Adds a tombstone for every address and id of an erasure, and raises the generation. The first time, the key of the
/// instance is made.
pub async fn add(
    tx: &mut WriteHandle,
    keys: &Keys,
    (instance, erasure): (Uuid, ErasureId),
    people: &People,
    expires: Time,
) -> anyhow::Result<()> {
    let row: KeyRow = raise_generation(tx, keys, instance).await?;
    let key = TombstoneKey::open(keys, &row.sealed, instance, row.id)?;
    for some in key.digests(people).chunks(ROWS_PER_INSERT) {
        sql!(&mut *tx, |db| {
            let mut insert = QueryBuilder::new(
                "INSERT INTO tombstones (erasure_id, digest, instance_id, expires_utc) ",
            );
            insert.push_values(some, |mut row, digest| {
                row.push_bind(erasure).push_bind(digest).push_bind(instance).push_bind(expires);
            });
            insert.push(" ON CONFLICT DO NOTHING").build().execute(db).await.map(drop)
        })?;
    }
    Ok(())
}

/// The key of an instance. The first time it is made.
pub async fn key(
    tx: &mut WriteHandle,
    keys: &Keys,
    instance: Uuid,
) -> anyhow::Result<TombstoneKey> {
    let id = Uuid::now_v7();
    let made = TombstoneKey::make(keys, instance, id);
    let row: KeyRow = sql!(tx, |db| {
        sqlx::query_as(
            "INSERT INTO tombstone_keys (instance_id, id, sealed, generation) VALUES ($1, $2, $3, 0)
             ON CONFLICT (instance_id) DO UPDATE SET generation = tombstone_keys.generation
             RETURNING id, sealed, generation",
        )
        .bind(instance)
        .bind(id)
        .bind(made)
        .fetch_one(db)
        .await?
    });
    Ok(TombstoneKey::open(keys, &row.sealed, instance, row.id)?)
}

async fn raise_generation(tx: &mut WriteHandle, keys: &Keys, instance: Uuid) -> Result<KeyRow> {
    let id = Uuid::now_v7();
    let sealed = TombstoneKey::make(keys, instance, id);
    sql!(tx, |db| {
        sqlx::query_as(
            "INSERT INTO tombstone_keys (instance_id, id, sealed, generation) VALUES ($1, $2, $3, 1)
             ON CONFLICT (instance_id) DO UPDATE SET generation = tombstone_keys.generation + 1
             RETURNING id, sealed, generation",
        )
        .bind(instance)
        .bind(id)
        .bind(sealed)
        .fetch_one(db)
        .await
    })
}

/// Removes those of some people of an erasure: they may be sent.
pub async fn remove_people(
    tx: &mut WriteHandle,
    keys: &Keys,
    (instance, erasure): (Uuid, ErasureId),
    people: &People,
) -> anyhow::Result<()> {
    let key = key(tx, keys, instance).await?;
    for digest in key.digests(people) {
        let delete = "DELETE FROM tombstones WHERE erasure_id = $1 AND digest = $2";
        sql!(&mut *tx, |db| sqlx::query(delete)
            .bind(erasure)
            .bind(digest)
            .execute(db)
            .await
            .map(drop))?;
    }
    Ok(())
}

/// Removes those of an erasure: its people may be sent.
pub async fn remove(tx: &mut WriteHandle, erasure: ErasureId) -> Result<()> {
    sql!(tx, |db| sqlx::query("DELETE FROM tombstones WHERE erasure_id = $1")
        .bind(erasure)
        .execute(db)
        .await
        .map(drop))
}

/// Removes at most so many that have expired.
pub async fn remove_expired(tx: &mut WriteHandle, now: Time, most: i64) -> Result<u64> {
    let removed = sql!(tx, |db| {
        sqlx::query(
            "DELETE FROM tombstones WHERE (erasure_id, digest) IN (
                 SELECT erasure_id, digest FROM tombstones WHERE expires_utc < $1 LIMIT $2)",
        )
        .bind(now)
        .bind(most)
        .execute(db)
        .await?
        .rows_affected()
    });
    Ok(removed)
}
