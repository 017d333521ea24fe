//! SQL of the table `planned_times`.

use sqlx::{QueryBuilder, Result};
use uuid::Uuid;

use super::planned_time::{MissedBecause, PlannedTime};
use crate::db::{ReadHandle, Time, WriteHandle, id_at};
use crate::names::{ExportId, RunId};
use crate::sql;

/// A planned time that has passed.
#[derive(Clone, Copy, Debug)]
pub struct NewExpectation {
    pub instance: Uuid,
    pub export: ExportId,
    pub planned: Time,
}

/// One for which no run was started yet.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct OpenExpectation {
    pub id: Uuid,
    pub instance_id: Uuid,
    pub export_id: ExportId,
    pub planned_utc: Time,
}

/// Which planned times to list; every one when empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExpectationQuery {
    /// At this time or later.
    pub from: Option<Time>,
    /// Before this time.
    pub to: Option<Time>,
}

/// Those of these times that the ledger has of an export.
pub async fn known(tx: &mut ReadHandle, export: ExportId, times: &[Time]) -> Result<Vec<Time>> {
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return Ok(vec![]) };
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT planned_utc FROM planned_times WHERE export_id = $1 AND planned_utc BETWEEN $2 AND $3",
        )
        .bind(export)
        .bind(first)
        .bind(last)
        .fetch_all(db)
        .await
    })
}

/// Notes a time that has passed, unless it is known.
pub async fn insert(tx: &mut WriteHandle, new: &NewExpectation) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "INSERT INTO planned_times (id, instance_id, export_id, planned_utc) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
        )
        .bind(id_at(new.planned))
        .bind(new.instance)
        .bind(new.export)
        .bind(new.planned)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Says which run answers a time, or made up for it. What was answered before stays.
pub async fn answer(
    tx: &mut WriteHandle,
    new: &NewExpectation,
    run: RunId,
    missed: Option<MissedBecause>,
) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "INSERT INTO planned_times (id, instance_id, export_id, planned_utc, run_id, missed_because)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (export_id, planned_utc) DO UPDATE SET run_id = $5, missed_because = $6
                 WHERE planned_times.run_id IS NULL",
        )
        .bind(id_at(new.planned))
        .bind(new.instance)
        .bind(new.export)
        .bind(new.planned)
        .bind(run)
        .bind(missed)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Times that have passed at `now` and for which no run was started, in their order, after this one.
pub async fn open(
    tx: &mut ReadHandle,
    now: Time,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<OpenExpectation>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT id, instance_id, export_id, planned_utc FROM planned_times
             WHERE run_id IS NULL AND missed_because IS NULL AND planned_utc <= $1 AND ($2 IS NULL OR id > $2)
             ORDER BY id LIMIT $3",
        )
        .bind(now)
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await
    })
}

/// Says that no run will be started for a time, unless one was.
pub async fn close(tx: &mut WriteHandle, id: Uuid, why: MissedBecause) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE planned_times SET missed_because = $2
             WHERE id = $1 AND run_id IS NULL AND missed_because IS NULL",
        )
        .bind(id)
        .bind(why)
        .execute(db)
        .await
        .map(drop)
    })
}

/// The planned times of an export that have passed at `now`, newest first, with the runs that answer them.
pub async fn list(
    tx: &mut ReadHandle,
    export: ExportId,
    filter: ExpectationQuery,
    (after, limit): (Option<Uuid>, i64),
    now: Time,
) -> Result<Vec<PlannedTime>> {
    sql!(tx, |db| {
        let mut select = QueryBuilder::new(
            "SELECT planned.id, planned.planned_utc, planned.run_id, planned.missed_because,
                 runs.status AS run_status, runs.start_utc, runs.reason
             FROM planned_times AS planned LEFT JOIN runs ON runs.id = planned.run_id
             WHERE planned.export_id = ",
        );
        select.push_bind(export).push(" AND planned.planned_utc <= ").push_bind(now);
        if let Some(after) = after {
            select.push(" AND planned.id < ").push_bind(after);
        }
        if let Some(from) = filter.from {
            select.push(" AND planned.planned_utc >= ").push_bind(from);
        }
        if let Some(to) = filter.to {
            select.push(" AND planned.planned_utc < ").push_bind(to);
        }
        let select = select.push(" ORDER BY planned.id DESC LIMIT ").push_bind(limit);
        select.build_query_as().fetch_all(db).await
    })
}

/// How many planned times after `since` were due, waited, were answered and were missed at `now`, in this order.
pub async fn count(tx: &mut ReadHandle, since: Time, now: Time) -> Result<[i64; 4]> {
    let counted: (i64, i64, i64, i64) = sql!(tx, |db| {
        sqlx::query_as(
            "SELECT COUNT(CASE WHEN what = 'due' THEN 1 END), COUNT(CASE WHEN what = 'waiting' THEN 1 END),
                 COUNT(CASE WHEN what = 'answered' THEN 1 END), COUNT(CASE WHEN what = 'missed' THEN 1 END)
             FROM (SELECT CASE
                     WHEN planned.missed_because IS NOT NULL OR runs.status = 'skipped'
                         OR (runs.status = 'canceled' AND runs.start_utc IS NULL) THEN 'missed'
                     WHEN planned.run_id IS NULL THEN 'due'
                     WHEN runs.id IS NOT NULL AND runs.start_utc IS NULL THEN 'waiting'
                     ELSE 'answered' END AS what
                 FROM planned_times AS planned LEFT JOIN runs ON runs.id = planned.run_id
                 WHERE planned.planned_utc > $1 AND planned.planned_utc <= $2) AS judged",
        )
        .bind(since)
        .bind(now)
        .fetch_one(db)
        .await?
    });
    let (due, waiting, answered, missed) = counted;
    Ok([due, waiting, answered, missed])
}

/// Removes at most `limit` times that were planned before `before`, and returns how many.
pub async fn remove_expired(tx: &mut WriteHandle, before: Time, limit: i64) -> Result<u64> {
    sql!(tx, |db| {
        sqlx::query(
            "DELETE FROM planned_times WHERE id IN (
                 SELECT id FROM planned_times WHERE planned_utc < $1 ORDER BY planned_utc LIMIT $2)",
        )
        .bind(before)
        .bind(limit)
        .execute(db)
        .await
        .map(|done| done.rows_affected())
    })
}
