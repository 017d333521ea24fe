//! SQL that removes runs and their details, some rows at a time.

use sqlx::Result;

use crate::db::{Time, WriteHandle};
use crate::names::RunId;
use crate::sql;

/// The details of a run, which may be removed before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// Its rejections, its value problems and its calls, which name people.
    Rejections,
    Batches,
}

/// The run that ended first, before this time, and still has such details; from now on callers get 410 for them. Locks
/// the row, so that other processes that remove wait for this transaction.
pub(super) async fn begin_removal(
    tx: &mut WriteHandle,
    detail: Detail,
    before: Time,
) -> Result<Option<RunId>> {
    let statement = match detail {
        Detail::Rejections => {
            "UPDATE runs SET rejections_state = 'leaving' WHERE rejections_state <> 'gone' AND id IN (
                 SELECT id FROM runs WHERE end_utc < $1 AND rejections_state <> 'gone' ORDER BY end_utc LIMIT 1)
             RETURNING id"
        }
        Detail::Batches => {
            "UPDATE runs SET batches_state = 'leaving' WHERE batches_state <> 'gone' AND id IN (
                 SELECT id FROM runs WHERE end_utc < $1 AND batches_state <> 'gone' ORDER BY end_utc LIMIT 1)
             RETURNING id"
        }
    };
    sql!(tx, |db| sqlx::query_scalar(statement).bind(before).fetch_optional(db).await)
}

/// Removes at most `most` details of a run, and returns how many.
pub(super) async fn remove(
    tx: &mut WriteHandle,
    detail: Detail,
    run: RunId,
    most: i64,
) -> Result<u64> {
    let statements: &[&'static str] = match detail {
        Detail::Rejections => &[
            "DELETE FROM rejections WHERE run_id = $1 AND position IN (
                 SELECT position FROM rejections WHERE run_id = $1 ORDER BY position LIMIT $2)",
            "DELETE FROM value_problems WHERE run_id = $1 AND (position, number) IN (
                 SELECT position, number FROM value_problems WHERE run_id = $1 ORDER BY position, number LIMIT $2)",
            "DELETE FROM run_requests WHERE run_id = $1 AND number IN (
                 SELECT number FROM run_requests WHERE run_id = $1 ORDER BY number LIMIT $2)",
        ],
        Detail::Batches => &[
            "DELETE FROM batches WHERE run_id = $1 AND number IN (
                 SELECT number FROM batches WHERE run_id = $1 ORDER BY number LIMIT $2)",
            "DELETE FROM leaver_batches WHERE run_id = $1 AND number IN (
                 SELECT number FROM leaver_batches WHERE run_id = $1 ORDER BY number LIMIT $2)",
        ],
    };
    let mut removed = 0;
    for statement in statements {
        let rest = most.saturating_sub_unsigned(removed);
        removed += sql!(&mut *tx, |db| sqlx::query(*statement)
            .bind(run)
            .bind(rest)
            .execute(db)
            .await?
            .rows_affected());
    }
    Ok(removed)
}

/// None of the details are left.
pub(super) async fn mark_gone(tx: &mut WriteHandle, detail: Detail, run: RunId) -> Result<()> {
    let statement = match detail {
        Detail::Rejections => "UPDATE runs SET rejections_state = 'gone' WHERE id = $1",
        Detail::Batches => "UPDATE runs SET batches_state = 'gone' WHERE id = $1",
    };
    sql!(tx, |db| sqlx::query(statement).bind(run).execute(db).await.map(drop))
}

/// Removes at most `most` runs that ended before this time and have no details left, and returns how many.
pub(super) async fn remove_runs(tx: &mut WriteHandle, before: Time, most: i64) -> Result<u64> {
    let removed = sql!(tx, |db| {
        sqlx::query(
        "DELETE FROM runs WHERE id IN (
             SELECT id FROM runs WHERE end_utc < $1 AND rejections_state = 'gone' AND batches_state = 'gone'
             ORDER BY end_utc LIMIT $2)"
    )
    .bind(before)
    .bind(most)
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(removed)
}
