//! SQL of the tables `row_logs` and `row_log_files`, and of the column of `runs` that says whether there is a log.

use std::collections::BTreeMap;

use sqlx::types::Json;
use sqlx::{FromRow, QueryBuilder, Result};
use uuid::Uuid;

use crate::db::{ReadHandle, Time, WriteHandle};
use crate::exports::RowLog;
use crate::names::RunId;
use crate::sql;

const ROWS_PER_INSERT: usize = 1000;

/// Where the rows of a run are. The columns are explained in the migration.
#[derive(Clone, Debug, FromRow)]
pub struct StoredRowLog {
    pub root: String,
    pub path: String,
    pub payload: bool,
}

/// A file whose rows count, because it is named with its batch.
#[derive(Clone, Debug, FromRow)]
pub struct RowLogFile {
    pub name: String,
    pub batch: Option<i64>,
    pub rows: i64,
    pub bytes: i64,
    pub outcomes: Json<BTreeMap<String, i64>>,
}

/// What the export of a run said when the run was submitted.
pub async fn setting(tx: &mut ReadHandle, run: RunId) -> Result<Option<RowLog>> {
    let found: Option<Json<RowLog>> = sql!(tx, |db| {
        sqlx::query_scalar("SELECT row_log FROM runs WHERE id = $1").bind(run).fetch_one(db).await
    })?;
    Ok(found.map(|setting| setting.0))
}

/// Begins the log of a run, unless an earlier attempt has.
pub async fn begin(tx: &mut WriteHandle, run: RunId, log: &StoredRowLog) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "INSERT INTO row_logs (run_id, root, path, payload, state) VALUES ($1, $2, $3, $4, 'open')
             ON CONFLICT DO NOTHING",
        )
        .bind(run)
        .bind(&log.root)
        .bind(&log.path)
        .bind(log.payload)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Names files: from then on their rows count.
pub async fn add_files(tx: &mut WriteHandle, run: RunId, files: &[RowLogFile]) -> Result<()> {
    for some in files.chunks(ROWS_PER_INSERT) {
        sql!(&mut *tx, |db| {
            let mut insert = QueryBuilder::new(
                "INSERT INTO row_log_files (run_id, name, batch, \"rows\", bytes, outcomes) ",
            );
            insert.push_values(some, |mut row, file| {
                row.push_bind(run)
                    .push_bind(&file.name)
                    .push_bind(file.batch)
                    .push_bind(file.rows)
                    .push_bind(file.bytes)
                    .push_bind(&file.outcomes);
            });
            insert.build().execute(db).await.map(drop)
        })?;
    }
    Ok(())
}

/// `None`: the run has none, or its manifest is written.
pub async fn open(tx: &mut ReadHandle, run: RunId) -> Result<Option<StoredRowLog>> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT root, path, payload FROM row_logs WHERE run_id = $1 AND state = 'open'"
    )
    .bind(run)
    .fetch_optional(db)
    .await)
}

/// The files of a run, by name.
pub async fn files(tx: &mut ReadHandle, run: RunId) -> Result<Vec<RowLogFile>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT name, batch, \"rows\", bytes, outcomes FROM row_log_files WHERE run_id = $1 ORDER BY name"
    )
    .bind(run)
    .fetch_all(db)
    .await
    })
}

/// Ended runs whose manifest is not written, and when they ended.
pub async fn ended(
    tx: &mut ReadHandle,
    after: Option<RunId>,
    limit: i64,
) -> Result<Vec<(RunId, Time)>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT run_id, end_utc FROM row_logs JOIN runs ON runs.id = run_id
         WHERE state = 'open' AND end_utc IS NOT NULL AND ($1 IS NULL OR run_id > $1) ORDER BY run_id LIMIT $2"
    )
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await
    })
}

/// The manifest is written, or never will be.
pub async fn close(tx: &mut WriteHandle, run: RunId, is_written: bool) -> Result<()> {
    let state = if is_written { "written" } else { "lost" };
    sql!(tx, |db| sqlx::query("UPDATE row_logs SET state = $2 WHERE run_id = $1")
        .bind(run)
        .bind(state)
        .execute(db)
        .await
        .map(drop))
}

/// A folder with the row logs of an export.
#[derive(Clone, Debug, FromRow)]
pub struct RowLogFolder {
    pub root: String,
    pub path: String,
    /// Runs that are kept and have a log there.
    pub runs: i64,
}

/// Where runs of an instance have row logs: the folder of each export, also of one that was removed, as long as one of
/// its runs is kept.
pub async fn folders(tx: &mut ReadHandle, instance: Uuid) -> Result<Vec<RowLogFolder>> {
    sql!(tx, |db| {
        sqlx::query_as(
            // The last part of a path is the id of the run, in 36 characters.
            "SELECT root, substr(path, 1, length(path) - 37) AS path, count(*) AS runs
             FROM row_logs JOIN runs ON runs.id = row_logs.run_id
             WHERE instance_id = $1 GROUP BY 1, 2 ORDER BY 1, 2",
        )
        .bind(instance)
        .fetch_all(db)
        .await
    })
}
