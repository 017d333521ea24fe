//! SQL of the tables `runs`, `rejections`, `value_problems` and `run_requests`: for people who are erased from them.

use sqlx::Result;
use sqlx::types::Json;
use uuid::Uuid;

use super::batch::RejectionOutcome;
use super::lease::Lease;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::{ExportId, RunId};
use crate::params::Params;
use crate::segments::SegmentId;
use crate::sql;

/// What a rejected row says once its person is erased.
const ERASED: &str = "Erased on request.";

/// A rejected row, as far as it may name somebody.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RejectedPerson {
    pub position: i64,
    pub customer_id: String,
    pub email: String,
    pub outcome: RejectionOutcome,
    pub message: String,
    pub winner: Option<String>,
    pub params: Option<Json<Params>>,
}

/// A value problem, as far as it may name somebody.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ProblemPerson {
    pub position: i64,
    pub number: i64,
    pub customer_id: String,
    pub email: String,
    pub value: String,
    pub sent: Option<String>,
}

/// Runs of an instance that may have rejected rows or value problems, after `after`.
pub(crate) async fn with_details(
    tx: &mut ReadHandle,
    instance: Uuid,
    after: Option<RunId>,
    limit: i64,
) -> Result<Vec<RunId>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT id FROM runs WHERE instance_id = $1 AND rejections_state <> 'gone' AND ($2 IS NULL OR id > $2)
             ORDER BY id LIMIT $3",
        )
        .bind(instance)
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await
    })
}

/// Rejected rows of a run, after a position.
pub(crate) async fn rejected(
    tx: &mut ReadHandle,
    run: RunId,
    after: i64,
    limit: i64,
) -> Result<Vec<RejectedPerson>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT position, customer_id, email, outcome, message, winner, params FROM rejections
             WHERE run_id = $1 AND position > $2 ORDER BY position LIMIT $3",
        )
        .bind(run)
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await
    })
}

/// Value problems of a run, after a position and a number.
pub(crate) async fn problems(
    tx: &mut ReadHandle,
    run: RunId,
    (position, number): (i64, i64),
    limit: i64,
) -> Result<Vec<ProblemPerson>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT position, number, customer_id, email, value, sent FROM value_problems
             WHERE run_id = $1 AND (position > $2 OR (position = $2 AND number > $3))
             ORDER BY position, number LIMIT $4",
        )
        .bind(run)
        .bind(position)
        .bind(number)
        .bind(limit)
        .fetch_all(db)
        .await
    })
}

/// Erases who a rejected row is of. The row stays: its number is one of the counts of the run.
pub(crate) async fn erase_rejected(tx: &mut WriteHandle, run: RunId, position: i64) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE rejections SET customer_id = '', email = '', message = $3, winner = NULL, params = NULL
             WHERE run_id = $1 AND position = $2",
        )
        .bind(run)
        .bind(position)
        .bind(ERASED)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Erases the name of the profile that was sent in place of a duplicate.
pub(crate) async fn erase_winner(tx: &mut WriteHandle, run: RunId, position: i64) -> Result<()> {
    let update = "UPDATE rejections SET winner = NULL WHERE run_id = $1 AND position = $2";
    sql!(tx, |db| sqlx::query(update).bind(run).bind(position).execute(db).await.map(drop))
}

/// Removes a value problem, which stays counted in the field warnings of its run.
pub(crate) async fn remove_problem(
    tx: &mut WriteHandle,
    run: RunId,
    (position, number): (i64, i64),
) -> Result<()> {
    let delete = "DELETE FROM value_problems WHERE run_id = $1 AND position = $2 AND number = $3";
    sql!(tx, |db| sqlx::query(delete)
        .bind(run)
        .bind(position)
        .bind(number)
        .execute(db)
        .await
        .map(drop))
}

/// Notes which generation of tombstones the run keeps to from now on. False when the lease is lost.
pub(crate) async fn see_tombstones(
    tx: &mut WriteHandle,
    lease: Lease,
    generation: i64,
) -> Result<bool> {
    let update = "UPDATE runs SET tombstones_seen = $3 WHERE id = $1 AND fence = $2";
    sql!(tx, |db| sqlx::query(update)
        .bind(lease.run)
        .bind(lease.fence)
        .bind(generation)
        .execute(db)
        .await
        .map(|done| done.rows_affected() == 1))
}

/// A running run of an instance that does not keep to these tombstones yet.
pub(crate) async fn unaware(
    tx: &mut ReadHandle,
    instance: Uuid,
    generation: i64,
) -> Result<Option<RunId>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT id FROM runs WHERE instance_id = $1 AND status = 'running' AND tombstones_seen < $2 LIMIT 1",
        )
        .bind(instance)
        .bind(generation)
        .fetch_optional(db)
        .await
    })
}

/// A run that has begun and has not ended: it may still write what the list has received from the export, or read it.
pub(crate) async fn begun(
    tx: &mut ReadHandle,
    export: ExportId,
    list: Option<&str>,
) -> Result<Option<RunId>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT id FROM runs WHERE (export_id = $1 AND status IN ('queued', 'running') AND start_utc IS NOT NULL)
                 OR (list_id = $2 AND status = 'running') LIMIT 1",
        )
        .bind(export)
        .bind(list)
        .fetch_optional(db)
        .await
    })
}

/// A run of an instance that had begun at this moment and has not ended: what it sent by then is not in a baseline yet.
pub(crate) async fn begun_before(
    tx: &mut ReadHandle,
    instance: Uuid,
    moment: Time,
) -> Result<Option<RunId>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT id FROM runs WHERE instance_id = $1 AND status IN ('queued', 'running') AND start_utc < $2 LIMIT 1",
        )
        .bind(instance)
        .bind(moment)
        .fetch_optional(db)
        .await
    })
}

/// A run that has not ended and has pinned members of a segment: it reads these to its end.
pub(crate) async fn reading(tx: &mut ReadHandle, segment: SegmentId) -> Result<Option<RunId>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT runs.id FROM run_segments JOIN runs ON runs.id = run_id
             WHERE segment_id = $1 AND manifest IS NOT NULL AND status IN ('queued', 'running') LIMIT 1",
        )
        .bind(segment)
        .fetch_optional(db)
        .await
    })
}

/// Whether any run, of whatever instance, is running.
pub(crate) async fn any_running(tx: &mut ReadHandle) -> Result<bool> {
    sql!(tx, |db| {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM runs WHERE status = 'running')")
            .fetch_one(db)
            .await
    })
}

/// Removes the bodies of at most so many calls of an instance. Returns how many had some.
pub(crate) async fn remove_bodies(tx: &mut WriteHandle, instance: Uuid, limit: i64) -> Result<i64> {
    let removed = sql!(tx, |db| {
        sqlx::query(
            "UPDATE run_requests SET request_body = NULL, response_body = NULL WHERE (run_id, number) IN (
                 SELECT run_id, number FROM run_requests JOIN runs ON runs.id = run_requests.run_id
                 WHERE runs.instance_id = $1 AND (request_body IS NOT NULL OR response_body IS NOT NULL) LIMIT $2)",
        )
        .bind(instance)
        .bind(limit)
        .execute(db)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(i64::try_from(removed).unwrap_or(i64::MAX))
}

/// The lists to which runs of an instance have begun to send, each with the name of an export at that time.
pub(crate) async fn begun_to(tx: &mut ReadHandle, instance: Uuid) -> Result<Vec<(String, String)>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT list_id, MAX(export_name) FROM runs WHERE instance_id = $1 AND start_utc IS NOT NULL
             GROUP BY list_id",
        )
        .bind(instance)
        .fetch_all(db)
        .await
    })
}
