//! SQL of the table `refresh_schedules`.

use sqlx::Result;
use sqlx::types::Json;
use uuid::Uuid;

use super::refresh::{Planned, RefreshSchedule};
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::sql;

/// The schedule of an instance, if it was ever set.
pub async fn get(tx: &mut ReadHandle, instance: Uuid) -> Result<Option<Planned>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM refresh_schedules WHERE instance_id = $1")
        .bind(instance)
        .fetch_optional(db)
        .await)
}

/// Sets the schedule of an instance that is at `version`, 0 when there is none yet. `None`: it was changed meanwhile.
pub async fn set(
    tx: &mut WriteHandle,
    instance: Uuid,
    version: i64,
    schedule: &RefreshSchedule,
    by: &str,
    now: Time,
) -> Result<Option<Planned>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "INSERT INTO refresh_schedules (instance_id, schedule, next_planned_utc, version, created_by, created_utc,
             updated_by, updated_utc)
         VALUES ($1, $3, $4, 1, $5, $6, $5, $6)
         ON CONFLICT (instance_id) DO UPDATE SET schedule = $3, next_planned_utc = $4,
             version = refresh_schedules.version + 1, updated_by = $5, updated_utc = $6
             WHERE refresh_schedules.version = $2
         RETURNING *"
    )
    .bind(instance)
    .bind(version)
    .bind(Json(schedule))
    .bind(schedule.next(now))
    .bind(by)
    .bind(now)
    .fetch_optional(db)
    .await
    })
}

/// The earliest time that any system refresh is planned for.
pub(crate) async fn earliest(tx: &mut ReadHandle) -> Result<Option<Time>> {
    sql!(tx, |db| sqlx::query_scalar(
        "SELECT MIN(next_planned_utc) FROM refresh_schedules WHERE next_planned_utc IS NOT NULL"
    )
    .fetch_one(db)
    .await)
}

/// Instances whose system refresh was planned for `now` or earlier.
pub async fn refreshes_due(tx: &mut ReadHandle, now: Time) -> Result<Vec<Uuid>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
        "SELECT instance_id FROM refresh_schedules WHERE next_planned_utc <= $1 ORDER BY next_planned_utc"
    )
    .bind(now)
    .fetch_all(db)
    .await
    })
}

/// Schedules of instances whose system refresh is planned for later than `now`.
pub(crate) async fn refreshes_after(tx: &mut ReadHandle, now: Time) -> Result<Vec<Planned>> {
    sql!(tx, |db| {
        sqlx::query_as("SELECT * FROM refresh_schedules WHERE next_planned_utc > $1")
            .bind(now)
            .fetch_all(db)
            .await
    })
}

/// Moves the planned time of an instance on to `next`. False: another scheduler, or a change, came first.
pub async fn move_refresh_on(
    tx: &mut WriteHandle,
    from: &Planned,
    next: Option<Time>,
) -> Result<bool> {
    let done = sql!(tx, |db| sqlx::query(
        "UPDATE refresh_schedules SET next_planned_utc = $3
         WHERE instance_id = $1 AND version = $2 AND next_planned_utc = $4"
    )
    .bind(from.instance_id)
    .bind(from.stamps.version)
    .bind(next)
    .bind(from.next_planned_utc)
    .execute(db)
    .await?
    .rows_affected());
    Ok(done == 1)
}
