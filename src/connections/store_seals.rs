//! SQL of sealed secrets, for sealing them with another key.

use sqlx::Result;
use uuid::Uuid;

use crate::db::{ReadHandle, WriteHandle};
use crate::names::ConnectionId;
use crate::sql;

/// The sealed secret of a connection.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(
    missing_docs,
    reason = "most columns are named so that they say it all; the others are explained"
)]
pub struct Seal {
    pub id: ConnectionId,
    pub instance_id: Uuid,
    /// `keyId:base64`.
    pub credential_sealed: String,
}

/// Sealed secrets by the ids of their connections, of all instances, after `after`.
pub async fn list(
    tx: &mut ReadHandle,
    after: Option<ConnectionId>,
    limit: i64,
) -> Result<Vec<Seal>> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT id, instance_id, credential_sealed FROM connections
         WHERE credential_sealed IS NOT NULL AND ($1 IS NULL OR id > $1) ORDER BY id LIMIT $2"
    )
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await)
}

/// Some of the secrets that the key with this id sealed.
pub async fn sealed_with(tx: &mut ReadHandle, key_id: &str, limit: i64) -> Result<Vec<Seal>> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT id, instance_id, credential_sealed FROM connections
         WHERE substr(credential_sealed, 1, length($1)) = $1 ORDER BY id LIMIT $2"
    )
    .bind(format!("{key_id}:"))
    .bind(limit)
    .fetch_all(db)
    .await)
}

/// Replaces `old` with `new`: it seals the same secret, so neither version nor generation rises. False: the secret was
/// changed meanwhile, and stays as it is.
pub async fn replace(tx: &mut WriteHandle, old: &Seal, new: &str) -> Result<bool> {
    sql!(tx, |db| {
        sqlx::query(
        "UPDATE connections SET credential_sealed = $3 WHERE id = $1 AND credential_sealed = $2"
    )
    .bind(old.id)
    .bind(&old.credential_sealed)
    .bind(new)
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
    })
}
