//! SQL that reads what alerts are judged by, of tables that others write.

use sqlx::Result;
use uuid::Uuid;

use crate::db::{ReadHandle, Time};
use crate::names::{ExportId, RunId};
use crate::sql;

/// Runs that say how fresh a list was: those of 30 days, one every ten minutes.
const BROUGHT_MAX: i64 = 4500;

/// A run that went through all its profiles.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct CompletedRun {
    pub id: RunId,
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
            "SELECT id, selected, submitted_utc, start_utc, end_utc FROM runs
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

/// Exports of which the ledger has a planned time before this one for which no run was started: with the first one.
/// Those without a connection cannot run.
pub async fn unfired(tx: &mut ReadHandle, before: Time) -> Result<Vec<(Uuid, ExportId, Time)>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT exports.instance_id, exports.id, MIN(planned_times.planned_utc)
             FROM planned_times JOIN exports ON exports.id = planned_times.export_id
             WHERE planned_times.run_id IS NULL AND planned_times.missed_because IS NULL
                 AND planned_times.planned_utc < $1 AND exports.connection_id IS NOT NULL
             GROUP BY exports.instance_id, exports.id",
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

/// What a run brought that went through all its profiles.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Brought {
    pub end_utc: Time,
    /// When the oldest of its segments was refreshed. Of a run of an older version: when it began.
    pub data_utc: Time,
}

/// What the runs of an export brought that ended at this time or later; of very many the newest.
pub async fn brought_since(
    tx: &mut ReadHandle,
    export: ExportId,
    since: Time,
) -> Result<Vec<Brought>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT end_utc, COALESCE((SELECT MIN(refreshed_utc) FROM run_segments WHERE run_id = runs.id), start_utc)
                 AS data_utc
             FROM runs WHERE export_id = $1 AND status IN ('successful', 'completedWithErrors')
                 AND start_utc IS NOT NULL AND end_utc >= $2
             ORDER BY id DESC LIMIT $3",
        )
        .bind(export)
        .bind(since)
        .bind(BROUGHT_MAX)
        .fetch_all(db)
        .await
    })
}

/// What the last run of an export brought that ended before this time.
pub async fn last_brought(
    tx: &mut ReadHandle,
    export: ExportId,
    before: Time,
) -> Result<Option<Brought>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT end_utc, COALESCE((SELECT MIN(refreshed_utc) FROM run_segments WHERE run_id = runs.id), start_utc)
                 AS data_utc
             FROM runs WHERE export_id = $1 AND status IN ('successful', 'completedWithErrors')
                 AND start_utc IS NOT NULL AND end_utc < $2
             ORDER BY id DESC LIMIT 1",
        )
        .bind(export)
        .bind(before)
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
