//! SQL of the tables `runs` and `run_segments`: how a run begins, what callers read, and how they cancel it. What its
//! worker writes is in `store_work.rs`.

use sqlx::types::Json;
use sqlx::{QueryBuilder, Result};
use uuid::Uuid;

use super::field_warnings::FieldWarnings;
use super::full_because::FullBecause;
use super::makers::RunMakers;
use super::reason::Reason;
use super::run::{Run, RunSegment, SubmissionKind, Warnings};
use super::status::RunStatus;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::exports::Export;
use crate::names::{ExportId, RunId};
use crate::segments::{Segment, SegmentName};
use crate::sql;

pub(crate) struct NewRun<'a> {
    /// As it is now.
    pub(crate) export: &'a Export,
    /// As they are now.
    pub(crate) segments: Vec<Segment>,
    pub(crate) kind: SubmissionKind,
    /// Whether every member is to be sent, whatever has changed.
    pub(crate) is_full: bool,
    pub(crate) by: String,
    pub(crate) makers: RunMakers,
    /// The time it was planned for, if a schedule starts it.
    pub(crate) planned: Option<Time>,
    /// W3C trace context of the request.
    pub(crate) traceparent: Option<String>,
    pub(crate) trace_id: Option<String>,
    pub(crate) now: Time,
}

/// Adds a queued run, which may have a reason to wait; `None`: the export has an open one.
pub(crate) async fn insert(
    tx: &mut WriteHandle,
    new: &NewRun<'_>,
    reason: Option<&Reason>,
) -> Result<Option<Run>> {
    add(tx, new, RunStatus::Queued, reason).await
}

/// Adds a run that has ended before it began, for this reason.
pub(crate) async fn insert_skipped(
    tx: &mut WriteHandle,
    new: &NewRun<'_>,
    reason: &Reason,
) -> Result<Run> {
    add(tx, new, RunStatus::Skipped, Some(reason)).await?.ok_or(sqlx::Error::RowNotFound)
}

async fn add(
    tx: &mut WriteHandle,
    new: &NewRun<'_>,
    status: RunStatus,
    reason: Option<&Reason>,
) -> Result<Option<Run>> {
    let Some(run) = add_run(tx, new, status, reason).await? else {
        return Ok(None);
    };
    add_segments(tx, run.id, &new.segments).await?;
    Ok(Some(run))
}

async fn add_run(
    tx: &mut WriteHandle,
    new: &NewRun<'_>,
    status: RunStatus,
    reason: Option<&Reason>,
) -> Result<Option<Run>> {
    let selected: i64 = new.segments.iter().filter_map(|segment| segment.member_count).sum();
    let export = new.export;
    sql!(tx, |db| {
        sqlx::query_as(
        "INSERT INTO runs (id, instance_id, export_id, export_name, connection_id, list_id, mapping, options, status,
             warnings, submission_kind, submitted_by, submitted_utc, selected, field_warnings, not_before, traceparent,
             trace_id, planned_utc, reason, end_utc, sync, full_because, makers, alerts_due,
             row_log)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $17, $9, $10, $11, $12, $13, $14, $12, $15, $16, $18, $19, $20, $21,
             $22, $23, $24, $25)
         ON CONFLICT DO NOTHING RETURNING *"
    )
    .bind(RunId(Uuid::now_v7()))
    .bind(export.instance_id)
    .bind(export.id)
    .bind(export.display_name.as_str())
    .bind(export.connection_id)
    .bind(&export.list_id)
    .bind(&export.mapping)
    .bind(export.options)
    .bind(Json(Warnings::default()))
    .bind(new.kind)
    .bind(&new.by)
    .bind(new.now)
    .bind(selected)
    .bind(Json(FieldWarnings::default()))
    .bind(new.traceparent.as_deref())
    .bind(new.trace_id.as_deref())
    .bind(status)
    .bind(new.planned)
    .bind(reason.map(Json))
    .bind(status.is_ended().then_some(new.now))
    .bind(&export.sync)
    .bind(new.is_full.then_some(FullBecause::Requested))
    .bind(Json(&new.makers))
    .bind(status.is_ended())
    .bind(&export.row_log)
    .fetch_optional(db)
    .await
    })
}

async fn add_segments(tx: &mut WriteHandle, run: RunId, segments: &[Segment]) -> Result<()> {
    for (position, segment) in (0_i32..).zip(segments) {
        sql!(&mut *tx, |db| {
            sqlx::query(
            "INSERT INTO run_segments (run_id, position, segment_id, name, member_count) VALUES ($1, $2, $3, $4, $5)"
        )
        .bind(run)
        .bind(position)
        .bind(segment.id)
        .bind(&segment.name)
        .bind(segment.member_count.unwrap_or_default())
        .execute(db)
        .await
        .map(drop)
        })?;
    }
    Ok(())
}

/// `None`: not found.
pub async fn get(tx: &mut ReadHandle, id: RunId) -> Result<Option<Run>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM runs WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await)
}

/// In any order, without those that are not found; at most a few hundred.
pub(crate) async fn get_all(tx: &mut ReadHandle, ids: &[RunId]) -> Result<Vec<Run>> {
    sql!(tx, |db| {
        let mut select = QueryBuilder::new("SELECT * FROM runs WHERE id IN (");
        let mut list = select.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        select.push(")").build_query_as().fetch_all(db).await
    })
}

/// The newest run of an export.
pub async fn last_of_export(tx: &mut ReadHandle, export: ExportId) -> Result<Option<Run>> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT * FROM runs WHERE export_id = $1 ORDER BY id DESC LIMIT 1"
    )
    .bind(export)
    .fetch_optional(db)
    .await)
}

/// Whether a later run of the same export has begun to work.
pub async fn has_later_start(tx: &mut ReadHandle, run: &Run) -> Result<bool> {
    sql!(tx, |db| {
        sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM runs WHERE export_id = $1 AND id > $2 AND start_utc IS NOT NULL)"
    )
    .bind(run.export_id)
    .bind(run.id)
    .fetch_one(db)
    .await
    })
}

/// Whether another run changes the list of a run now, or has ended since this time.
pub async fn is_list_busy(tx: &mut ReadHandle, run: &Run, since: Time) -> Result<bool> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM runs WHERE list_id = $1 AND id <> $2 AND status = 'running')
                 OR EXISTS (SELECT 1 FROM runs WHERE list_id = $1 AND id <> $2 AND batches_state <> 'gone'
                     AND start_utc IS NOT NULL AND end_utc >= $3)",
        )
        .bind(&run.list_id)
        .bind(run.id)
        .bind(since)
        .fetch_one(db)
        .await
    })
}

/// The open run of an export; there is one at most.
pub async fn open_of_export(tx: &mut ReadHandle, export: ExportId) -> Result<Option<Run>> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT * FROM runs WHERE export_id = $1 AND status IN ('queued', 'running')"
    )
    .bind(export)
    .fetch_optional(db)
    .await)
}

/// The segments of a run, in its order.
pub async fn segments(tx: &mut ReadHandle, id: RunId) -> Result<Vec<RunSegment>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT segment_id, name, member_count, manifest, members_by, refreshed_utc FROM run_segments WHERE run_id = $1
         ORDER BY position"
    )
    .bind(id)
    .fetch_all(db)
    .await
    })
}

/// A segment of a run as callers see it: what it reads can be long.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns are explained in the migration")]
pub struct NamedSegment {
    pub run_id: RunId,
    pub name: SegmentName,
    pub member_count: i64,
}

/// The segments of these runs, those of each in their order.
pub async fn segments_of(tx: &mut ReadHandle, runs: &[RunId]) -> Result<Vec<NamedSegment>> {
    if runs.is_empty() {
        return Ok(vec![]); // `PostgreSQL` knows no empty list.
    }
    sql!(tx, |db| {
        let mut select = QueryBuilder::new(
            "SELECT run_id, name, member_count FROM run_segments WHERE run_id IN (",
        );
        let mut list = select.separated(", ");
        for id in runs {
            list.push_bind(*id);
        }
        select.push(") ORDER BY position").build_query_as().fetch_all(db).await
    })
}

/// Which runs to list; every one when empty.
#[derive(Default)]
pub(crate) struct RunQuery {
    pub(crate) export: Option<ExportId>,
    pub(crate) status: Option<RunStatus>,
    pub(crate) kind: Option<SubmissionKind>,
    /// Submitted at this time or later.
    pub(crate) from: Option<Time>,
    /// Submitted before this time.
    pub(crate) to: Option<Time>,
}

impl RunQuery {
    /// The status, as the database has it.
    fn stored_status(&self) -> Option<RunStatus> {
        self.status.map(|status| match status {
            RunStatus::AwaitingApproval => RunStatus::Queued,
            status => status,
        })
    }
}

/// Newest first.
pub(crate) async fn list(
    tx: &mut ReadHandle,
    instance: Uuid,
    filter: &RunQuery,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Run>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT * FROM runs WHERE instance_id = $1 AND ($2 IS NULL OR id < $2) AND ($3 IS NULL OR export_id = $3)
             AND ($4 IS NULL OR (status = $4 AND (status = 'queued' AND held_until IS NOT NULL) = $9))
             AND ($5 IS NULL OR submission_kind = $5)
             AND ($6 IS NULL OR submitted_utc >= $6) AND ($7 IS NULL OR submitted_utc < $7)
         ORDER BY id DESC LIMIT $8"
    )
    .bind(instance)
    .bind(after)
    .bind(filter.export)
    .bind(filter.stored_status())
    .bind(filter.kind)
    .bind(filter.from)
    .bind(filter.to)
    .bind(limit)
    .bind(filter.status == Some(RunStatus::AwaitingApproval))
    .fetch_all(db)
    .await
    })
}

/// Ends a run before a worker sends anything. False: a worker must end it.
pub async fn cancel_queued(
    tx: &mut WriteHandle,
    id: RunId,
    reason: &Reason,
    now: Time,
) -> Result<bool> {
    let done = sql!(tx, |db| {
        sqlx::query(
        "UPDATE runs SET status = 'canceled', reason = $2, end_utc = $3, cancel_requested = TRUE, version = version + 1,
             alerts_due = TRUE
         WHERE id = $1 AND status = 'queued' AND sent_until = position"
    )
    .bind(id)
    .bind(Json(reason))
    .bind(now)
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(done == 1)
}

/// Asks the worker that holds the run, or the next one, to end it. False: the run has ended.
pub async fn request_cancel(
    tx: &mut WriteHandle,
    id: RunId,
    by: &Reason,
    now: Time,
) -> Result<bool> {
    let done = sql!(tx, |db| {
        sqlx::query(
        "UPDATE runs SET cancel_requested = TRUE, reason = $2, version = version + 1, held_until = NULL,
             not_before = CASE WHEN status = 'queued' THEN $3 ELSE not_before END
         WHERE id = $1 AND status IN ('queued', 'running')"
    )
    .bind(id)
    .bind(Json(by))
    .bind(now)
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(done == 1)
}
