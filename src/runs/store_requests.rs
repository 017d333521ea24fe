//! SQL of the table `run_requests`, and of the columns of `runs` that say where the time of a run went.

use sqlx::types::Json;
use sqlx::{QueryBuilder, Result};

use super::lease::Lease;
use super::request::{RequestSums, RunRequest};
use super::timeline::Timeline;
use crate::db::{ReadHandle, WriteHandle};
use crate::names::RunId;
use crate::sql;

/// Rows in one INSERT: well below the 32,766 values that `SQLite` binds.
const ROWS_PER_INSERT: usize = 1000;

/// What is known of the time of a run, and of its calls.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
pub struct Observed {
    /// `None`: no worker has written any yet.
    pub timeline: Option<Json<Timeline>>,
    pub requests: Option<Json<RequestSums>>,
}

pub(crate) async fn observed(tx: &mut ReadHandle, run: RunId) -> Result<Observed> {
    sql!(tx, |db| sqlx::query_as("SELECT timeline, requests FROM runs WHERE id = $1")
        .bind(run)
        .fetch_one(db)
        .await)
}

/// Writes the sums. False when the lease is lost: then nothing is written.
pub(crate) async fn put_sums(
    tx: &mut WriteHandle,
    lease: Lease,
    sums: RequestSums,
) -> Result<bool> {
    let written = sql!(tx, |db| {
        sqlx::query("UPDATE runs SET requests = $3 WHERE id = $1 AND fence = $2")
            .bind(lease.run)
            .bind(lease.fence)
            .bind(Json(sums))
            .execute(db)
            .await?
            .rows_affected()
    });
    Ok(written == 1)
}

pub(crate) async fn insert(tx: &mut WriteHandle, run: RunId, calls: &[RunRequest]) -> Result<()> {
    for some in calls.chunks(ROWS_PER_INSERT) {
        sql!(&mut *tx, |db| {
            let mut insert = QueryBuilder::new(
                "INSERT INTO run_requests (run_id, number, attempt, batch, method, path, status, failure, started_utc,
                     duration_ms, request_bytes, response_bytes, rate_limit, rate_remaining, rate_reset, retry_after,
                     trace_id, request_body, response_body) ",
            );
            insert.push_values(some, |mut row, call| {
                row.push_bind(run)
                    .push_bind(call.number)
                    .push_bind(call.attempt)
                    .push_bind(call.batch)
                    .push_bind(&call.method)
                    .push_bind(&call.path)
                    .push_bind(call.status)
                    .push_bind(&call.failure)
                    .push_bind(call.started_utc)
                    .push_bind(call.duration_ms)
                    .push_bind(call.request_bytes)
                    .push_bind(call.response_bytes)
                    .push_bind(&call.rate_limit)
                    .push_bind(&call.rate_remaining)
                    .push_bind(&call.rate_reset)
                    .push_bind(&call.retry_after)
                    .push_bind(&call.trace_id)
                    .push_bind(&call.request_body)
                    .push_bind(&call.response_body);
            });
            insert.build().execute(db).await.map(drop)
        })?;
    }
    Ok(())
}

/// Which calls to list; every one when empty.
#[derive(Clone, Copy, Default)]
pub(crate) struct RequestQuery {
    /// The first digit of the status; 0: without an answer.
    pub(crate) class: Option<i32>,
    pub(crate) batch: Option<i64>,
}

/// In the order in which they ended.
pub(crate) async fn list(
    tx: &mut ReadHandle,
    run: RunId,
    query: RequestQuery,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<RunRequest>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT * FROM run_requests
         WHERE run_id = $1 AND ($2 IS NULL OR COALESCE(status, 0) / 100 = $2) AND ($3 IS NULL OR batch = $3)
             AND ($4 IS NULL OR number > $4)
         ORDER BY number LIMIT $5"
    )
    .bind(run)
    .bind(query.class)
    .bind(query.batch)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await
    })
}
