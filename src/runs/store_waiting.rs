//! SQL of the table `runs`: how many runs wait for a worker, and which.

use sqlx::Result;
use uuid::Uuid;

use super::lease::FUTURE_MAX;
use crate::db::{ReadHandle, Time};
use crate::exports::ListId;
use crate::names::{ConnectionId, RunId};
use crate::sql;

/// How many runs a worker should claim now, and since when the first of them is due.
pub async fn backlog(tx: &mut ReadHandle, now: Time) -> Result<(i64, Option<Time>)> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT COUNT(*), MIN(not_before) FROM runs
             WHERE not_before <= $1
               AND ((status = 'running' AND lease_until < $1)
                   OR (status = 'queued' AND held_until IS NULL
                       AND (cancel_requested
                           OR NOT EXISTS (SELECT 1 FROM pauses WHERE pauses.instance_id = runs.instance_id))
                       AND NOT EXISTS (SELECT 1 FROM runs AS other WHERE other.status = 'running'
                           AND (other.connection_id = runs.connection_id OR other.running_list = runs.list_id))))",
        )
        .bind(now)
        .fetch_one(db)
        .await
    })
}

/// Runs that are due since `before`, of instances of which none is running; those that are due for longest come first.
pub async fn of_waiting_instances(
    tx: &mut ReadHandle,
    before: Time,
    limit: i64,
) -> Result<Vec<(RunId, Uuid)>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT id, instance_id FROM runs
             WHERE status = 'queued' AND not_before <= $1 AND held_until IS NULL
               AND instance_id NOT IN (SELECT instance_id FROM pauses)
               AND instance_id NOT IN (SELECT instance_id FROM runs WHERE status = 'running')
             ORDER BY not_before LIMIT $2",
        )
        .bind(before)
        .bind(limit)
        .fetch_all(db)
        .await
    })
}

/// How many runs are queued, and how many running.
pub async fn open(tx: &mut ReadHandle) -> Result<(i64, i64)> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT COUNT(CASE WHEN status = 'queued' THEN 1 END), COUNT(CASE WHEN status = 'running' THEN 1 END)
         FROM runs WHERE status IN ('queued', 'running')"
    )
    .fetch_one(db)
    .await
    })
}

/// The oldest run that waits for a connection or a list.
pub async fn waiting(
    tx: &mut ReadHandle,
    connection: Option<ConnectionId>,
    list: &ListId,
    now: Time,
) -> Result<Option<RunId>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT id FROM runs
             WHERE (connection_id = $1 OR list_id = $4) AND status = 'queued' AND held_until IS NULL
             AND (not_before <= $2 OR not_before > $3) ORDER BY id LIMIT 1",
        )
        .bind(connection)
        .bind(now)
        .bind(now + FUTURE_MAX)
        .bind(list)
        .fetch_optional(db)
        .await
    })
}
