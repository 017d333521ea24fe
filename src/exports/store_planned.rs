//! SQL of the planned times in the table `exports`.

use sqlx::Result;
use sqlx::types::Json;
use uuid::Uuid;

use super::export::Export;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::ExportId;
use crate::schedules::Schedule;
use crate::sql;

/// Changes the schedule of an export, and plans its next time.
pub(crate) async fn set_schedule(
    tx: &mut WriteHandle,
    id: ExportId,
    schedule: &Schedule,
    by: &str,
    now: Time,
) -> Result<Export> {
    sql!(tx, |db| {
        sqlx::query_as(
        "UPDATE exports SET schedule = $2, next_planned_utc = $3, version = version + 1, updated_by = $4,
             updated_utc = $5
         WHERE id = $1 RETURNING *"
    )
    .bind(id)
    .bind(Json(schedule))
    .bind(schedule.next(now))
    .bind(by)
    .bind(now)
    .fetch_one(db)
    .await
    })
}

/// Plans when an export starts next; `None` when it does not start by itself.
pub async fn plan(tx: &mut WriteHandle, id: ExportId, next: Option<Time>) -> Result<()> {
    sql!(tx, |db| sqlx::query("UPDATE exports SET next_planned_utc = $2 WHERE id = $1")
        .bind(id)
        .bind(next)
        .execute(db)
        .await
        .map(drop))
}

/// The earliest time that any export is planned for.
pub(crate) async fn earliest(tx: &mut ReadHandle) -> Result<Option<Time>> {
    sql!(tx, |db| sqlx::query_scalar(
        "SELECT MIN(next_planned_utc) FROM exports WHERE next_planned_utc IS NOT NULL"
    )
    .fetch_one(db)
    .await)
}

/// Exports that were planned for `now` or earlier, in the order of their ids, after this one.
pub async fn due(
    tx: &mut ReadHandle,
    now: Time,
    after: Option<ExportId>,
    limit: i64,
) -> Result<Vec<(Uuid, ExportId)>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT instance_id, id FROM exports WHERE next_planned_utc <= $1 AND ($2 IS NULL OR id > $2) ORDER BY id \
            LIMIT $3"
    )
    .bind(now)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await
    })
}

/// Exports that are planned for later than `now`, in the order of their ids, after this one.
pub(crate) async fn after(
    tx: &mut ReadHandle,
    now: Time,
    after: Option<ExportId>,
    limit: i64,
) -> Result<Vec<Export>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT * FROM exports WHERE next_planned_utc > $1 AND ($2 IS NULL OR id > $2) ORDER BY id LIMIT $3",
        )
        .bind(now)
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await
    })
}

/// Moves the planned time of an export to `next`. False when another scheduler or a change came first.
pub async fn move_on(tx: &mut WriteHandle, from: &Export, next: Option<Time>) -> Result<bool> {
    let done = sql!(tx, |db| {
        sqlx::query(
        "UPDATE exports SET next_planned_utc = $3 WHERE id = $1 AND version = $2 AND next_planned_utc = $4"
    )
    .bind(from.id)
    .bind(from.stamps.version)
    .bind(next)
    .bind(from.next_planned_utc)
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(done == 1)
}
