//! SQL of the tables `batches`, `rejections` and `value_problems`: what a run has done, batch by batch, profile by
//! profile and value by value.

use sqlx::{QueryBuilder, Result};

use super::batch::{BatchResult, BatchSums, Rejection, RejectionOutcome, Winner};
use super::value_problem::ValueProblem;
use crate::campaign_monitor::ProblemCode;
use crate::db::{ReadHandle, WriteHandle};
use crate::names::{ExportId, RunId};
use crate::sql;

/// Rows in one INSERT: well below the 32,766 values that `SQLite` binds.
const ROWS_PER_INSERT: usize = 1000;
/// The newest batches, whose calls are averaged.
const PACE_BATCHES: i64 = 100;

pub async fn insert(tx: &mut WriteHandle, run: RunId, batches: &[BatchResult]) -> Result<()> {
    for some in batches.chunks(ROWS_PER_INSERT) {
        sql!(&mut *tx, |db| {
            let mut insert = QueryBuilder::new(
                "INSERT INTO batches (run_id, number, first_row, \"rows\", status, http_status, attempts, duration_ms,
                     created, updated, rejected, changed_addresses, inferred, unchanged, body_hash, newcomers_created,
                     returned, changed, started_utc, encoding_ms, waiting_ms, throttled_ms, uploading_ms) ",
            );
            insert.push_values(some, |mut row, batch| {
                row.push_bind(run)
                    .push_bind(batch.number)
                    .push_bind(batch.first_row)
                    .push_bind(batch.rows)
                    .push_bind(batch.status)
                    .push_bind(batch.http_status)
                    .push_bind(batch.attempts)
                    .push_bind(batch.duration_ms)
                    .push_bind(batch.created)
                    .push_bind(batch.updated)
                    .push_bind(batch.rejected)
                    .push_bind(batch.changed_addresses)
                    .push_bind(batch.inferred)
                    .push_bind(batch.unchanged)
                    .push_bind(batch.body_hash)
                    .push_bind(batch.newcomers_created)
                    .push_bind(&batch.returned)
                    .push_bind(&batch.changed)
                    .push_bind(batch.started_utc)
                    .push_bind(batch.times.encoding_ms)
                    .push_bind(batch.times.waiting_ms)
                    .push_bind(batch.times.throttled_ms)
                    .push_bind(batch.times.uploading_ms);
            });
            insert.build().execute(db).await.map(drop)
        })?;
    }
    Ok(())
}

pub async fn insert_rejections(
    tx: &mut WriteHandle,
    run: RunId,
    rejections: &[Rejection],
) -> Result<()> {
    for some in rejections.chunks(ROWS_PER_INSERT) {
        sql!(&mut *tx, |db| {
            let mut insert = QueryBuilder::new(
                "INSERT INTO rejections (run_id, position, batch, customer_id, email, outcome, code, message,
                     params) ",
            );
            insert.push_values(some, |mut row, rejection| {
                row.push_bind(run)
                    .push_bind(rejection.position)
                    .push_bind(rejection.batch)
                    .push_bind(storable(&rejection.customer_id))
                    .push_bind(storable(&rejection.email))
                    .push_bind(rejection.outcome)
                    .push_bind(&rejection.code)
                    .push_bind(&rejection.message)
                    .push_bind(&rejection.params);
            });
            insert.build().execute(db).await.map(drop)
        })?;
    }
    Ok(())
}

pub async fn insert_value_problems(
    tx: &mut WriteHandle,
    run: RunId,
    problems: &[ValueProblem],
) -> Result<()> {
    for some in problems.chunks(ROWS_PER_INSERT) {
        sql!(&mut *tx, |db| {
            let mut insert = QueryBuilder::new(
                "INSERT INTO value_problems
                     (run_id, position, number, customer_id, email, field, key, code, value, sent) ",
            );
            insert.push_values(some, |mut row, problem| {
                row.push_bind(run)
                    .push_bind(problem.position)
                    .push_bind(problem.number)
                    .push_bind(storable(&problem.customer_id))
                    .push_bind(storable(&problem.email))
                    .push_bind(&problem.field)
                    .push_bind(&problem.key)
                    .push_bind(problem.code.word())
                    .push_bind(storable(&problem.value))
                    .push_bind(problem.sent.as_deref().map(storable));
            });
            insert.build().execute(db).await.map(drop)
        })?;
    }
    Ok(())
}

/// Names the profiles that were sent in place of duplicates; at most a thousand.
pub async fn name_winners(tx: &mut WriteHandle, run: RunId, winners: &[Winner]) -> Result<()> {
    sql!(tx, |db| {
        let mut update = QueryBuilder::new("UPDATE rejections SET winner = named.column2 FROM (");
        update.push_values(winners, |mut row, winner| {
            row.push_bind(winner.position).push_bind(storable(&winner.customer_id));
        });
        update.push(") AS named WHERE position = named.column1 AND run_id = ").push_bind(run);
        update.build().execute(db).await.map(drop)
    })
}

/// `PostgreSQL` stores no NUL, which a Parquet file may hold.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// What the stored batches of a run add up to.
pub async fn sums(tx: &mut ReadHandle, run: RunId) -> Result<BatchSums> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT count(*) AS batches, CAST(COALESCE(sum(attempts), 0) AS BIGINT) AS calls,
                 CAST(COALESCE(sum(created), 0) AS BIGINT) AS created,
                 CAST(COALESCE(sum(updated), 0) AS BIGINT) AS updated,
                 CAST(COALESCE(sum(rejected), 0) AS BIGINT) AS rejected,
                 CAST(COALESCE(sum(inferred), 0) AS BIGINT) AS inferred
             FROM batches WHERE run_id = $1",
        )
        .bind(run)
        .fetch_one(db)
        .await
    })
}

/// The outcomes of these rows of a run that were rejected or are in doubt.
pub async fn outcomes(
    tx: &mut ReadHandle,
    run: RunId,
    from: i64,
    to: i64,
) -> Result<Vec<(i64, RejectionOutcome)>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT position, outcome FROM rejections WHERE run_id = $1 AND position >= $2 AND position < $3
                 AND outcome IN ('rejected', 'inDoubt')",
        )
        .bind(run)
        .bind(from)
        .bind(to)
        .fetch_all(db)
        .await
    })
}

/// First row and end of the batches of a run that come after `position`.
pub async fn after(tx: &mut ReadHandle, run: RunId, position: i64) -> Result<Vec<(i64, i64)>> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT first_row, first_row + \"rows\" FROM batches WHERE run_id = $1 AND first_row >= $2"
    )
    .bind(run)
    .bind(position)
    .fetch_all(db)
    .await)
}

/// In the order of rows, from the first.
pub async fn list(
    tx: &mut ReadHandle,
    run: RunId,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<BatchResult>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT * FROM batches WHERE run_id = $1 AND ($2 IS NULL OR number > $2) ORDER BY number LIMIT $3"
    )
    .bind(run)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await
    })
}

/// Milliseconds that a call took on average in the newest batches of an export; `None` before the first answer.
pub async fn pace_ms(tx: &mut ReadHandle, export: ExportId) -> Result<Option<i64>> {
    sql!(tx, |db| sqlx::query_scalar(
        "SELECT CAST(SUM(duration_ms) / SUM(attempts) AS BIGINT) FROM (
             SELECT duration_ms, attempts FROM batches JOIN runs ON runs.id = run_id
             WHERE export_id = $1 AND http_status IS NOT NULL AND attempts > 0
             ORDER BY run_id DESC, number DESC LIMIT $2) AS newest"
    )
    .bind(export)
    .bind(PACE_BATCHES)
    .fetch_one(db)
    .await)
}

/// In the order of rows, from the first.
pub async fn rejections(
    tx: &mut ReadHandle,
    run: RunId,
    outcome: Option<RejectionOutcome>,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Rejection>> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT * FROM rejections
         WHERE run_id = $1 AND ($2 IS NULL OR outcome = $2) AND ($3 IS NULL OR position > $3)
         ORDER BY position LIMIT $4"
    )
    .bind(run)
    .bind(outcome)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await)
}

/// In the order of rows, from the first; `after` is the position of a profile, and the number of its problem.
pub async fn value_problems(
    tx: &mut ReadHandle,
    run: RunId,
    code: Option<ProblemCode>,
    after: Option<[i64; 2]>,
    limit: i64,
) -> Result<Vec<ValueProblem>> {
    let [position, number] = after.unwrap_or([-1, 0]);
    sql!(tx, |db| sqlx::query_as(
        "SELECT * FROM value_problems
         WHERE run_id = $1 AND ($2 IS NULL OR code = $2)
             AND (position > $3 OR (position = $3 AND number > $4))
         ORDER BY position, number LIMIT $5"
    )
    .bind(run)
    .bind(code.map(ProblemCode::word))
    .bind(position)
    .bind(number)
    .bind(limit)
    .fetch_all(db)
    .await)
}
