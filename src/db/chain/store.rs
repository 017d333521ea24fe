//! SQL of the tables `audit_chain` and `audit_chain_head`. Nothing here changes a link, and only `trim` removes any.

use sqlx::{FromRow, QueryBuilder, Result, Row};

use super::link::{Head, Link};
use crate::db::handle::{ReadHandle, WriteHandle};
use crate::db::time::Time;
use crate::sql;

/// Links in one INSERT: well below the 32,766 values that `SQLite` binds.
const ROWS_PER_INSERT: usize = 500;

/// The end of the chain, which nobody else adds to until this transaction ends.
pub(crate) async fn lock_head(tx: &mut WriteHandle) -> Result<Head> {
    sql!(tx, |db| {
        sqlx::query_as(
            "INSERT INTO audit_chain_head (id, position, hash) VALUES (1, 0, '')
             ON CONFLICT (id) DO UPDATE SET position = audit_chain_head.position RETURNING position, hash",
        )
        .fetch_one(db)
        .await
    })
}

/// The end of the chain, as it is known.
pub(crate) async fn head(tx: &mut ReadHandle) -> Result<Option<Head>> {
    sql!(tx, |db| {
        sqlx::query_as("SELECT position, hash FROM audit_chain_head WHERE id = 1")
            .fetch_optional(db)
            .await
    })
}

pub(crate) async fn set_head(tx: &mut WriteHandle, head: &Head) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query("UPDATE audit_chain_head SET position = $1, hash = $2 WHERE id = 1")
            .bind(head.position)
            .bind(&head.hash)
            .execute(db)
            .await
            .map(drop)
    })
}

pub(crate) async fn insert(tx: &mut WriteHandle, links: &[Link]) -> Result<()> {
    for some in links.chunks(ROWS_PER_INSERT) {
        sql!(&mut *tx, |db| {
            let mut insert = QueryBuilder::new(
                "INSERT INTO audit_chain (position, kind, event_id, occurred_utc, digest, removed_before,
                     removed_position, removed_hash, hash, key_id, mark) ",
            );
            insert.push_values(some, |mut row, link| {
                row.push_bind(link.position)
                    .push_bind(link.kind)
                    .push_bind(link.event_id)
                    .push_bind(link.occurred_utc)
                    .push_bind(&link.digest)
                    .push_bind(link.removed_before)
                    .push_bind(link.removed_position)
                    .push_bind(&link.removed_hash)
                    .push_bind(&link.hash)
                    .push_bind(&link.key_id)
                    .push_bind(&link.mark);
            });
            insert.build().execute(db).await.map(drop)
        })?;
    }
    Ok(())
}

/// Links after a position, in their order; an error for one that cannot be read.
pub(crate) async fn list(
    tx: &mut ReadHandle,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, Result<Link>)>> {
    sql!(tx, |db| {
        let rows =
            sqlx::query("SELECT * FROM audit_chain WHERE position > $1 ORDER BY position LIMIT $2")
                .bind(after)
                .bind(limit)
                .fetch_all(db)
                .await?;
        rows.iter().map(|row| Ok((row.try_get("position")?, Link::from_row(row)))).collect()
    })
}

/// The link at a position, as the end of what comes before the next one.
pub(super) async fn at(tx: &mut ReadHandle, position: i64) -> Result<Option<Head>> {
    sql!(tx, |db| {
        sqlx::query_as("SELECT position, hash FROM audit_chain WHERE position = $1")
            .bind(position)
            .fetch_optional(db)
            .await
    })
}

/// Whether there are events, with a link or without.
pub(in crate::db) async fn has_events(tx: &mut ReadHandle) -> Result<bool> {
    sql!(tx, |db| {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM audit_events)").fetch_one(db).await
    })
}

/// The key that marks the newest link.
pub(crate) async fn newest_key(tx: &mut ReadHandle) -> Result<Option<String>> {
    sql!(tx, |db| {
        sqlx::query_scalar("SELECT key_id FROM audit_chain ORDER BY position DESC LIMIT 1")
            .fetch_optional(db)
            .await
    })
}

/// The newest link below a position that says what retention has removed. Whether it is true shows in `proof`.
pub(super) async fn removal_below(tx: &mut ReadHandle, below: i64) -> Result<Option<Link>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT * FROM audit_chain WHERE kind = 'removal' AND position > 0 AND position < $1
             ORDER BY position DESC LIMIT 1",
        )
        .bind(below)
        .fetch_optional(db)
        .await
    })
}

/// The position up to which links are from before `before`, from the beginning of the chain, at most `limit` of them.
pub(crate) async fn expired(tx: &mut ReadHandle, before: Time, limit: i64) -> Result<Option<i64>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT MAX(position) FROM
             (SELECT position FROM audit_chain WHERE position < COALESCE(
                  (SELECT position FROM audit_chain WHERE occurred_utc >= $1 ORDER BY position LIMIT 1),
                  9223372036854775807)
              ORDER BY position LIMIT $2) AS expired",
        )
        .bind(before)
        .bind(limit)
        .fetch_one(db)
        .await
    })
}

/// Removes the links from the beginning of the chain up to a position.
pub(crate) async fn trim(tx: &mut WriteHandle, through: i64) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query("DELETE FROM audit_chain WHERE position <= $1")
            .bind(through)
            .execute(db)
            .await
            .map(drop)
    })
}
