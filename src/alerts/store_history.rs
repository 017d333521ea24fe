//! SQL that reads what alerts are judged by, of tables that others write.

use sqlx::Result;
use uuid::Uuid;

use crate::db::{ReadHandle, Time};
use crate::names::{ExportId, RunId};
use crate::sql;

/// A run that went through all its profiles.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct CompletedRun {
    pub selected: i64,
    pub submitted_utc: Time,
    pub start_utc: Time,
    pub end_utc: Time,
}

/// The runs of an export that went through all their profiles, the newest first, before this run.
pub async fn completed(
    tx: &mut ReadHandle,
    export: ExportId,
    before: RunId,
    limit: i64,
) -> Result<Vec<CompletedRun>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT selected, submitted_utc, start_utc, end_utc FROM runs
             WHERE export_id = $1 AND id < $2 AND status IN ('successful', 'completedWithErrors')
                 AND start_utc IS NOT NULL AND end_utc IS NOT NULL
             ORDER BY id DESC LIMIT $3",
        )
        .bind(export)
        .bind(before)
        .bind(limit)
        .fetch_all(db)
        .await
    })
}

/// Exports whose planned time came before this one, and has not been fired: with that time.
pub async fn unfired(tx: &mut ReadHandle, before: Time) -> Result<Vec<(Uuid, ExportId, Time)>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT instance_id, id, next_planned_utc FROM exports
             WHERE next_planned_utc < $1 AND connection_id IS NOT NULL ORDER BY next_planned_utc",
        )
        .bind(before)
        .fetch_all(db)
        .await
    })
}

/// Instances whose planned refresh came before this time, and has not been fired: with that time.
pub async fn unfired_refreshes(tx: &mut ReadHandle, before: Time) -> Result<Vec<(Uuid, Time)>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT instance_id, next_planned_utc FROM refresh_schedules WHERE next_planned_utc < $1",
        )
        .bind(before)
        .fetch_all(db)
        .await
    })
}

/// Runs that were planned before this time and have not begun, of instances that are not paused: with that time.
pub async fn unbegun(
    tx: &mut ReadHandle,
    before: Time,
) -> Result<Vec<(Uuid, ExportId, RunId, Time)>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT instance_id, export_id, id, planned_utc FROM runs
             WHERE status = 'queued' AND planned_utc < $1 AND start_utc IS NULL
                 AND instance_id NOT IN (SELECT instance_id FROM pauses)",
        )
        .bind(before)
        .fetch_all(db)
        .await
    })
}

/// Runs that are executed now, and since when.
pub async fn running(tx: &mut ReadHandle) -> Result<Vec<(Uuid, ExportId, RunId, Time)>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT instance_id, export_id, id, start_utc FROM runs
             WHERE status = 'running' AND start_utc IS NOT NULL AND NOT cancel_requested",
        )
        .fetch_all(db)
        .await
    })
}

/// When the newest run of an export that went through all its profiles began.
pub async fn last_completed(tx: &mut ReadHandle, export: ExportId) -> Result<Option<Time>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT start_utc FROM runs WHERE export_id = $1 AND status IN ('successful', 'completedWithErrors')
             ORDER BY id DESC LIMIT 1",
        )
        .bind(export)
        .fetch_optional(db)
        .await
    })
}

/// Whether a later run of an export has been judged already: what this one says is no longer true.
pub async fn has_later_verdict(tx: &mut ReadHandle, export: ExportId, run: RunId) -> Result<bool> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM runs WHERE export_id = $1 AND id > $2 AND end_utc IS NOT NULL
                 AND start_utc IS NOT NULL AND NOT alerts_due)",
        )
        .bind(export)
        .bind(run)
        .fetch_one(db)
        .await
    })
}
