//! SQL of the tables `runs` and `run_segments`: the life of a run. Every change of state is guarded in
//! its WHERE clause, and every write of a worker names its fence.

use std::time::Duration;

use sqlx::Result;
use sqlx::types::Json;
use uuid::Uuid;

use super::{
    Counts, FieldWarnings, Lease, Outcome, Reason, Run, RunId, RunSegment, RunStatus,
    SubmissionKind, Warnings,
};
use crate::connections::ConnectionId;
use crate::db::{Time, Tx};
use crate::exports::{Export, ExportId};
use crate::segments::Segment;
use crate::sql;

/// What a new run starts with.
pub struct NewRun<'a> {
    /// What is run, as it is now.
    pub export: &'a Export,
    /// Its connection.
    pub connection: ConnectionId,
    /// Its segments, as they are now.
    pub segments: &'a [Segment],
    /// What made it start.
    pub kind: SubmissionKind,
    /// Who asked for it.
    pub by: &'a str,
    /// W3C trace context of the request.
    pub traceparent: Option<String>,
    /// Trace id of the request.
    pub trace_id: Option<String>,
    /// When.
    pub now: Time,
}

/// Adds a queued run; a unique violation says that the export has an open one.
pub async fn insert(tx: &mut Tx, new: &NewRun<'_>) -> Result<Run> {
    let selected: i64 = new.segments.iter().filter_map(|segment| segment.member_count).sum();
    let export = new.export;
    let run: Run = sql!(&mut *tx, |db| {
        sqlx::query_as(
        "INSERT INTO runs (id, instance_id, export_id, export_name, connection_id, list_id, mapping, options, status,
             warnings, submission_kind, submitted_by, submitted_utc, selected, field_warnings, not_before, traceparent, trace_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $10, $11, $12, $13, $14, $12, $15, $16) RETURNING *"
    )
    .bind(RunId(Uuid::now_v7()))
    .bind(export.instance_id)
    .bind(export.id)
    .bind(export.display_name.as_str())
    .bind(new.connection)
    .bind(&export.list_id)
    .bind(&export.mapping)
    .bind(export.options)
    .bind(Json(Warnings::default()))
    .bind(new.kind)
    .bind(new.by)
    .bind(new.now)
    .bind(selected)
    .bind(Json(FieldWarnings::default()))
    .bind(new.traceparent.as_deref())
    .bind(new.trace_id.as_deref())
    .fetch_one(db)
    .await?
    });
    for (position, segment) in (0_i32..).zip(new.segments) {
        sql!(&mut *tx, |db| {
            sqlx::query(
            "INSERT INTO run_segments (run_id, position, segment_id, name, member_count) VALUES ($1, $2, $3, $4, $5)"
        )
        .bind(run.id)
        .bind(position)
        .bind(segment.id)
        .bind(&segment.name)
        .bind(segment.member_count.unwrap_or_default())
        .execute(db)
        .await
        .map(drop)
        })?;
    }
    Ok(run)
}

/// One run.
pub async fn get(tx: &mut Tx, id: RunId) -> Result<Option<Run>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM runs WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await)
}

/// The newest run of an export.
pub async fn last_of_export(tx: &mut Tx, export: ExportId) -> Result<Option<Run>> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT * FROM runs WHERE export_id = $1 ORDER BY id DESC LIMIT 1"
    )
    .bind(export)
    .fetch_optional(db)
    .await)
}

/// The segments of a run, in its order.
pub async fn segments(tx: &mut Tx, id: RunId) -> Result<Vec<RunSegment>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT segment_id, name, member_count, manifest FROM run_segments WHERE run_id = $1 ORDER BY position"
    )
    .bind(id)
    .fetch_all(db)
    .await
    })
}

/// Which runs to list; everything when empty.
#[derive(Default)]
pub struct Filter {
    /// Those of this export.
    pub export: Option<ExportId>,
    /// Those in this status.
    pub status: Option<RunStatus>,
    /// Those started this way.
    pub kind: Option<SubmissionKind>,
    /// Those submitted at this time or later.
    pub from: Option<Time>,
    /// Those submitted before this time.
    pub to: Option<Time>,
}

/// Runs, newest first.
pub async fn list(
    tx: &mut Tx,
    instance: Uuid,
    filter: &Filter,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Run>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT * FROM runs WHERE instance_id = $1 AND ($2 IS NULL OR id < $2) AND ($3 IS NULL OR export_id = $3)
             AND ($4 IS NULL OR status = $4) AND ($5 IS NULL OR submission_kind = $5)
             AND ($6 IS NULL OR submitted_utc >= $6) AND ($7 IS NULL OR submitted_utc < $7)
         ORDER BY id DESC LIMIT $8"
    )
    .bind(instance)
    .bind(after)
    .bind(filter.export)
    .bind(filter.status)
    .bind(filter.kind)
    .bind(filter.from)
    .bind(filter.to)
    .bind(limit)
    .fetch_all(db)
    .await
    })
}

/// Takes the run if it is due and nobody holds it; the fence rises. A unique violation says that
/// another run of the connection is being carried out: not now.
pub async fn claim(tx: &mut Tx, id: RunId, now: Time, ttl: Duration) -> Result<Option<Run>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "UPDATE runs SET status = 'running', fence = fence + 1, stalls = stalls + 1, lease_until = $3, pushed_at = NULL,
             start_utc = COALESCE(start_utc, $2), version = version + 1
         WHERE id = $1 AND not_before <= $2 AND (status = 'queued' OR (status = 'running' AND lease_until < $2))
         RETURNING *"
    )
    .bind(id)
    .bind(now)
    .bind(now + ttl)
    .fetch_optional(db)
    .await
    })
}

/// Extends the lease and tells whether somebody asked to cancel. `None`: the lease is lost.
pub async fn beat(tx: &mut Tx, lease: Lease, now: Time, ttl: Duration) -> Result<Option<bool>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
        "UPDATE runs SET lease_until = $3 WHERE id = $1 AND fence = $2 AND status = 'running' RETURNING cancel_requested"
    )
    .bind(lease.run)
    .bind(lease.fence)
    .bind(now + ttl)
    .fetch_optional(db)
    .await
    })
}

/// Pins what the run reads, and how many profiles that selects. False: the lease is lost.
pub async fn pin(
    tx: &mut Tx,
    lease: Lease,
    segments: &[RunSegment],
    warnings: &Warnings,
) -> Result<bool> {
    let selected: i64 = segments.iter().map(|segment| segment.member_count).sum();
    let done = sql!(&mut *tx, |db| sqlx::query(
        "UPDATE runs SET selected = $3, warnings = $4, version = version + 1,
             reason = CASE WHEN cancel_requested THEN reason END
         WHERE id = $1 AND fence = $2 AND status = 'running'"
    )
    .bind(lease.run)
    .bind(lease.fence)
    .bind(selected)
    .bind(Json(warnings))
    .execute(db)
    .await?
    .rows_affected());
    for (position, segment) in (0_i32..).zip(segments) {
        sql!(&mut *tx, |db| {
            sqlx::query(
            "UPDATE run_segments SET member_count = $3, manifest = $4 WHERE run_id = $1 AND position = $2"
        )
        .bind(lease.run)
        .bind(position)
        .bind(segment.member_count)
        .bind(&segment.manifest)
        .execute(db)
        .await
        .map(drop)
        })?;
    }
    Ok(done == 1)
}

/// How far a run has come.
pub struct Checkpoint {
    /// Rows accounted for, from the first without a gap.
    pub position: i64,
    /// Whether something has been accounted for since the last checkpoint.
    pub progress: bool,
    /// Rows that may be sent before the next checkpoint.
    pub sent_until: i64,
    /// What became of the rows since the last checkpoint.
    pub counts: Counts,
    /// Field warnings of the whole run so far.
    pub field_warnings: FieldWarnings,
}

/// Moves the position and the counts together: a crash repeats batches, but never counts one twice.
/// Progress forgives earlier stalls. Tells whether somebody asked to cancel; `None`: the lease is lost.
pub async fn checkpoint(
    tx: &mut Tx,
    lease: Lease,
    to: &Checkpoint,
    now: Time,
    ttl: Duration,
) -> Result<Option<bool>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
        "UPDATE runs SET stalls = CASE WHEN $13 THEN 0 ELSE stalls END,
             position = $3, sent_until = $4, created = created + $5, updated = updated + $6,
             rejected = rejected + $7, duplicate = duplicate + $8, invalid = invalid + $9, in_doubt = in_doubt + $10,
             field_warnings = $11, lease_until = $12, version = version + 1
         WHERE id = $1 AND fence = $2 AND status = 'running' RETURNING cancel_requested"
    )
    .bind(lease.run)
    .bind(lease.fence)
    .bind(to.position)
    .bind(to.sent_until)
    .bind(to.counts.created)
    .bind(to.counts.updated)
    .bind(to.counts.rejected)
    .bind(to.counts.duplicate)
    .bind(to.counts.invalid)
    .bind(to.counts.in_doubt)
    .bind(Json(&to.field_warnings))
    .bind(now + ttl)
    .bind(to.progress)
    .fetch_optional(db)
    .await
    })
}

/// Leaves the run as `outcome` says; `sent_until`, where it is known, is the row up to which rows may have
/// been sent that are not accounted for. False: the lease is lost.
pub async fn settle(
    tx: &mut Tx,
    lease: Lease,
    outcome: &Outcome,
    sent_until: Option<i64>,
    now: Time,
) -> Result<bool> {
    let (status, reason, not_before, end, forgiven) = match outcome {
        Outcome::Ended(status, reason) => (*status, reason, now, Some(now), 0),
        Outcome::Released { not_before, reason, stalled } => {
            (RunStatus::Queued, reason, *not_before, None, i32::from(!stalled))
        }
    };
    let done = sql!(tx, |db| sqlx::query(
        "UPDATE runs SET status = $3, reason = $4, not_before = $5, end_utc = $6,
             stalls = CASE WHEN stalls > $7 THEN stalls - $7 ELSE 0 END,
             sent_until = COALESCE($8, sent_until),
             lease_until = NULL, pushed_at = NULL, version = version + 1
         WHERE id = $1 AND fence = $2 AND status = 'running'"
    )
    .bind(lease.run)
    .bind(lease.fence)
    .bind(status)
    .bind(reason.as_ref().map(Json))
    .bind(not_before)
    .bind(end)
    .bind(forgiven)
    .bind(sent_until)
    .execute(db)
    .await?
    .rows_affected());
    Ok(done == 1)
}

/// Runs that should be in the queue but may not be: never pushed, pushed long ago, waiting for their
/// next attempt, or orphaned by a worker that died. Marks them as pushed.
pub async fn due(
    tx: &mut Tx,
    now: Time,
    push_again_after: Duration,
    limit: i64,
) -> Result<Vec<RunId>> {
    sql!(tx, |db| sqlx::query_scalar(
        "UPDATE runs SET pushed_at = $1 WHERE id IN (
             SELECT id FROM runs
             WHERE not_before <= $1 AND (pushed_at IS NULL OR pushed_at < $2)
               AND (status = 'queued' OR (status = 'running' AND lease_until < $1))
             ORDER BY not_before LIMIT $3)
           AND (pushed_at IS NULL OR pushed_at < $2)
         RETURNING id"
    )
    .bind(now)
    .bind(now - push_again_after)
    .bind(limit)
    .fetch_all(db)
    .await)
}

/// The oldest run that waits for its turn on a connection.
pub async fn waiting(tx: &mut Tx, connection: ConnectionId, now: Time) -> Result<Option<RunId>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
        "SELECT id FROM runs WHERE connection_id = $1 AND status = 'queued' AND not_before <= $2 ORDER BY id LIMIT 1"
    )
    .bind(connection)
    .bind(now)
    .fetch_optional(db)
    .await
    })
}

/// Ends a run that no worker has sent anything of. False: a worker must end it.
pub async fn cancel_queued(tx: &mut Tx, id: RunId, reason: &Reason, now: Time) -> Result<bool> {
    let done = sql!(tx, |db| {
        sqlx::query(
        "UPDATE runs SET status = 'canceled', reason = $2, end_utc = $3, cancel_requested = TRUE, version = version + 1
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
pub async fn request_cancel(tx: &mut Tx, id: RunId, by: &Reason, now: Time) -> Result<bool> {
    let done = sql!(tx, |db| sqlx::query(
        "UPDATE runs SET cancel_requested = TRUE, reason = $2, version = version + 1,
             not_before = CASE WHEN status = 'queued' THEN $3 ELSE not_before END
         WHERE id = $1 AND status IN ('queued', 'running')"
    )
    .bind(id)
    .bind(Json(by))
    .bind(now)
    .execute(db)
    .await?
    .rows_affected());
    Ok(done == 1)
}
