//! SQL of the table `runs`: what a pause of their instance means for runs.

use sqlx::Result;
use sqlx::types::Json;
use uuid::Uuid;

use super::reason::{Reason, ReasonCode};
use crate::db::{Time, WriteHandle};
use crate::names::RunId;
use crate::sql;

/// Says of every queued run of an instance that it waits for the end of the pause. A worker that executes one finds out
/// by itself. Held runs wait for a person, and a cancel has its own reason.
pub(crate) async fn postpone(tx: &mut WriteHandle, instance: Uuid) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE runs SET reason = $2, version = version + 1
             WHERE instance_id = $1 AND status = 'queued' AND held_until IS NULL AND NOT cancel_requested",
        )
        .bind(instance)
        .bind(Json(Reason::new(ReasonCode::Paused, "")))
        .execute(db)
        .await
        .map(drop)
    })
}

/// Makes every queued run of an instance due, and returns them.
pub(crate) async fn resume(tx: &mut WriteHandle, instance: Uuid, now: Time) -> Result<Vec<RunId>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "UPDATE runs SET reason = NULL, not_before = $2, pushed_at = NULL, version = version + 1
             WHERE instance_id = $1 AND status = 'queued' AND held_until IS NULL AND NOT cancel_requested
             RETURNING id",
        )
        .bind(instance)
        .bind(now)
        .fetch_all(db)
        .await
    })
}
