//! SQL of the tables `runs`, `batches` and `rejections`: what earlier runs, and earlier attempts of a run, have sent.

use sqlx::Result;
use uuid::Uuid;

use super::batch::{BatchResult, Rejection};
use crate::db::{ReadHandle, Time};
use crate::names::{ExportId, RunId};
use crate::sql;

/// The newest run of an export to a list, apart from `other`, that Campaign Monitor got anything of.
pub(crate) async fn last_sending(
    tx: &mut ReadHandle,
    export: ExportId,
    list: &str,
    other: RunId,
) -> Result<Option<RunId>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT id FROM runs WHERE export_id = $1 AND list_id = $2 AND id <> $3
                 AND created + updated + rejected + in_doubt + leavers_flagged + leavers_deleted
                     + leavers_unsubscribed + leavers_gone > 0 ORDER BY id DESC LIMIT 1",
        )
        .bind(export)
        .bind(list)
        .bind(other)
        .fetch_optional(db)
        .await
    })
}

/// The ends of the runs of an instance that ended since a time; `None` of those that are open.
pub(crate) async fn ended_since(
    tx: &mut ReadHandle,
    instance: Uuid,
    since: Time,
) -> Result<Vec<(RunId, Option<Time>)>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT id, end_utc FROM runs WHERE instance_id = $1 AND (end_utc IS NULL OR end_utc >= $2)",
        )
        .bind(instance)
        .bind(since)
        .fetch_all(db)
        .await
    })
}

/// Every batch of a run, in the order of rows.
pub(crate) async fn batches(tx: &mut ReadHandle, run: RunId) -> Result<Vec<BatchResult>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM batches WHERE run_id = $1 ORDER BY first_row")
        .bind(run)
        .fetch_all(db)
        .await)
}

/// The rows from `first` on and before `end` that are of people who were erased, and were not sent.
pub(crate) async fn erased(
    tx: &mut ReadHandle,
    run: RunId,
    first: i64,
    end: i64,
) -> Result<Vec<i64>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT position FROM rejections WHERE run_id = $1 AND position >= $2 AND position < $3
                 AND outcome = 'invalid' AND code = 'erased' ORDER BY position",
        )
        .bind(run)
        .bind(first)
        .bind(end)
        .fetch_all(db)
        .await
    })
}

/// What was rejected, or is in doubt, of the rows from `first` on and before `end`.
pub(crate) async fn unacknowledged(
    tx: &mut ReadHandle,
    run: RunId,
    first: i64,
    end: i64,
) -> Result<Vec<Rejection>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT * FROM rejections WHERE run_id = $1 AND position >= $2 AND position < $3
                 AND outcome IN ('rejected', 'inDoubt') ORDER BY position",
        )
        .bind(run)
        .bind(first)
        .bind(end)
        .fetch_all(db)
        .await
    })
}
