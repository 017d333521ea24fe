//! SQL of the table `pauses`.

use sqlx::Result;
use uuid::Uuid;

use super::pause::Pause;
use crate::db::{ReadHandle, WriteHandle};
use crate::sql;

/// The pause of an instance; `None` while runs are sent for it.
pub async fn get(tx: &mut ReadHandle, instance: Uuid) -> Result<Option<Pause>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM pauses WHERE instance_id = $1")
        .bind(instance)
        .fetch_optional(db)
        .await)
}

/// Pauses an instance. An instance that is paused already keeps who did it and when; the note is the new one.
pub async fn set(tx: &mut WriteHandle, new: &Pause) -> Result<Pause> {
    sql!(tx, |db| {
        sqlx::query_as(
            "INSERT INTO pauses (instance_id, note, paused_by, paused_utc) VALUES ($1, $2, $3, $4)
             ON CONFLICT (instance_id) DO UPDATE SET note = $2 RETURNING *",
        )
        .bind(new.instance_id)
        .bind(&new.note)
        .bind(&new.paused_by)
        .bind(new.paused_utc)
        .fetch_one(db)
        .await
    })
}

/// Ends the pause of an instance, if it has one.
pub async fn remove(tx: &mut WriteHandle, instance: Uuid) -> Result<()> {
    sql!(tx, |db| sqlx::query("DELETE FROM pauses WHERE instance_id = $1")
        .bind(instance)
        .execute(db)
        .await
        .map(drop))
}
