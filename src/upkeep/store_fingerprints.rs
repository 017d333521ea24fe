//! SQL of the table `key_fingerprints`.

use sqlx::Result;

use crate::db::{ReadHandle, Time, WriteHandle};
use crate::sql;

/// Remembers the fingerprint of a key. False: a key with this id is known already, and stays as it is.
pub(super) async fn remember(
    tx: &mut WriteHandle,
    id: &str,
    fingerprint: &str,
    now: Time,
) -> Result<bool> {
    sql!(tx, |db| {
        sqlx::query(
            "INSERT INTO key_fingerprints (key_id, fingerprint, first_seen_utc) VALUES ($1, $2, $3)
             ON CONFLICT (key_id) DO NOTHING",
        )
        .bind(id)
        .bind(fingerprint)
        .bind(now)
        .execute(db)
        .await
        .map(|done| done.rows_affected() == 1)
    })
}

/// The fingerprint of the key with this id.
pub(super) async fn get(tx: &mut ReadHandle, id: &str) -> Result<String> {
    sql!(tx, |db| {
        sqlx::query_scalar("SELECT fingerprint FROM key_fingerprints WHERE key_id = $1")
            .bind(id)
            .fetch_one(db)
            .await
    })
}
