//! SQL of the sealed URLs and secrets of channels, for sealing them with another key.

use sqlx::Result;
use uuid::Uuid;

use crate::db::{ReadHandle, WriteHandle};
use crate::names::ChannelId;
use crate::sql;

/// What is sealed of a channel.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ChannelSeal {
    pub id: ChannelId,
    pub instance_id: Uuid,
    /// `keyId:base64`.
    pub target_sealed: String,
}

/// What is sealed, by the ids of the channels, of all instances, after `after`.
pub async fn list(
    tx: &mut ReadHandle,
    after: Option<ChannelId>,
    limit: i64,
) -> Result<Vec<ChannelSeal>> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT id, instance_id, target_sealed FROM channels
         WHERE target_sealed IS NOT NULL AND ($1 IS NULL OR id > $1) ORDER BY id LIMIT $2"
    )
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await)
}

/// Replaces `old` with `new`, which seals the same: the version stays. False: it was changed meanwhile.
pub async fn replace(tx: &mut WriteHandle, old: &ChannelSeal, new: &str) -> Result<bool> {
    let done = sql!(tx, |db| sqlx::query(
        "UPDATE channels SET target_sealed = $3 WHERE id = $1 AND target_sealed = $2"
    )
    .bind(old.id)
    .bind(&old.target_sealed)
    .bind(new)
    .execute(db)
    .await?
    .rows_affected());
    Ok(done == 1)
}
