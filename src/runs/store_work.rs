//! SQL of the tables `runs` and `run_segments`: what a worker does with a run. Every change of state is guarded
//! in its WHERE clause, and every write names the fence of the claim.

use std::time::Duration;

use sqlx::types::Json;
use sqlx::{FromRow, Result};

use super::counts::Counts;
use super::field_warnings::FieldWarnings;
use super::full_because::FullBecause;
use super::lease::{FUTURE_MAX, Lease, Outcome};
use super::request::RequestSums;
use super::run::{Run, RunSegment, Warnings};
use super::status::RunStatus;
use super::timeline::Timeline;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::RunId;
use crate::sql;

/// Claims the run if it is due and no worker holds it; the fence rises. A unique violation says that
/// another run of the connection, or of the list, is running: not now.
pub async fn claim(
    tx: &mut WriteHandle,
    id: RunId,
    now: Time,
    ttl: Duration,
) -> Result<Option<Run>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "UPDATE runs SET status = 'running', fence = fence + 1, stalls = stalls + 1, lease_until = $3, pushed_at = NULL,
             start_utc = COALESCE(start_utc, $2), running_list = list_id, version = version + 1
         WHERE id = $1 AND (not_before <= $2 OR not_before > $4)
             AND ((status = 'running' AND lease_until < $2)
                 OR (status = 'queued' AND held_until IS NULL AND (cancel_requested OR NOT EXISTS (
                     SELECT 1 FROM pauses WHERE pauses.instance_id = runs.instance_id))))
         RETURNING *"
    )
    .bind(id)
    .bind(now)
    .bind(now + ttl)
    .bind(now + FUTURE_MAX)
    .fetch_optional(db)
    .await
    })
}

/// Ends the lease of every run, so that each may be claimed at once. Only for a process that knows that no other one
/// executes runs. Returns how many there are.
pub async fn end_leases(tx: &mut WriteHandle, now: Time) -> Result<u64> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE runs SET lease_until = $1 WHERE status = 'running' AND lease_until > $1",
        )
        .bind(now)
        .execute(db)
        .await
        .map(|done| done.rows_affected())
    })
}

/// Whether a claim of a run could succeed.
#[derive(Debug, FromRow)]
pub(crate) struct Availability {
    /// A worker holds it, or died with it.
    pub(crate) is_held: bool,
    /// Another run of its connection, or of its list, is running.
    pub(crate) is_busy: bool,
}

/// Reads an open run. Only a claim decides; this avoids claims that would fail.
pub(crate) async fn peek(tx: &mut ReadHandle, id: RunId) -> Result<Option<Availability>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT lease_until IS NOT NULL AS is_held, EXISTS (
                 SELECT 1 FROM runs AS other WHERE other.status = 'running' AND other.id <> runs.id
                     AND (other.connection_id = runs.connection_id OR other.running_list = runs.list_id)) AS is_busy
             FROM runs WHERE id = $1 AND status IN ('queued', 'running')",
        )
        .bind(id)
        .fetch_optional(db)
        .await
    })
}

/// Extends the lease, and returns whether a caller asked to cancel. `None`: the lease is lost.
pub async fn heartbeat(
    tx: &mut WriteHandle,
    lease: Lease,
    timeline: &Timeline,
    now: Time,
    ttl: Duration,
) -> Result<Option<bool>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "UPDATE runs SET lease_until = $3, timeline = $4 WHERE id = $1 AND fence = $2 AND status = 'running'
         RETURNING cancel_requested",
        )
        .bind(lease.run)
        .bind(lease.fence)
        .bind(now + ttl)
        .bind(Json(timeline))
        .fetch_optional(db)
        .await
    })
}

/// Whether no other worker has claimed the run since, and it has not ended.
pub async fn is_ours(tx: &mut ReadHandle, lease: Lease) -> Result<bool> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM runs WHERE id = $1 AND fence = $2 AND status = 'running')",
        )
        .bind(lease.run)
        .bind(lease.fence)
        .fetch_one(db)
        .await
    })
}

/// Pins what the run reads, how many profiles that selects, and why it sends more than changes. False: the lease is
/// lost.
pub async fn pin(
    tx: &mut WriteHandle,
    run: &Run,
    lease: Lease,
    segments: &[RunSegment],
    warnings: &Warnings,
) -> Result<bool> {
    let selected: i64 = segments.iter().map(|segment| segment.member_count).sum();
    let done = sql!(&mut *tx, |db| {
        sqlx::query(
            "UPDATE runs SET selected = $3, warnings = $4, full_because = $5, list_emptied = $6,
             version = version + 1,
             reason = CASE WHEN cancel_requested THEN reason END
         WHERE id = $1 AND fence = $2 AND status = 'running'",
        )
        .bind(lease.run)
        .bind(lease.fence)
        .bind(selected)
        .bind(Json(warnings))
        .bind(run.full_because.map(FullBecause::stored))
        .bind(run.is_list_emptied())
        .execute(db)
        .await?
        .rows_affected()
    });
    for (position, segment) in (0_i32..).zip(segments) {
        sql!(&mut *tx, |db| {
            sqlx::query(
                "UPDATE run_segments SET member_count = $3, manifest = $4, members_by = $5, refreshed_utc = $6
             WHERE run_id = $1 AND position = $2",
            )
            .bind(lease.run)
            .bind(position)
            .bind(segment.member_count)
            .bind(&segment.manifest)
            .bind(segment.members_by.as_deref())
            .bind(segment.refreshed_utc)
            .execute(db)
            .await
            .map(drop)
        })?;
    }
    Ok(done == 1)
}

/// Replaces the warnings of a run. False: the lease is lost.
pub(crate) async fn set_warnings(
    tx: &mut WriteHandle,
    lease: Lease,
    warnings: &Warnings,
) -> Result<bool> {
    let done = sql!(tx, |db| {
        sqlx::query(
            "UPDATE runs SET warnings = $3, version = version + 1
             WHERE id = $1 AND fence = $2 AND status = 'running'",
        )
        .bind(lease.run)
        .bind(lease.fence)
        .bind(Json(warnings))
        .execute(db)
        .await?
        .rows_affected()
    });
    Ok(done == 1)
}

/// How far a run has come.
pub struct Checkpoint {
    /// Rows that have an outcome, from the first without a gap.
    pub position: i64,
    /// Whether rows got an outcome since the last checkpoint.
    pub progress: bool,
    /// Rows that may be sent before the next checkpoint.
    pub sent_until: i64,
    /// Outcomes of the rows since the last checkpoint.
    pub counts: Counts,
    /// Field warnings of the whole run so far.
    pub field_warnings: FieldWarnings,
    /// Where the time of the run went so far.
    pub timeline: Timeline,
    /// How many calls it has made so far.
    pub requests: RequestSums,
}

/// Moves the position and the counts together: a crash repeats batches, but never counts one twice.
/// Progress forgives earlier stalls. Returns whether a caller asked to cancel; `None`: the lease is lost.
pub async fn checkpoint(
    tx: &mut WriteHandle,
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
             field_warnings = $11, lease_until = $12, unchanged = unchanged + $14,
             resubscribed = resubscribed + $15, changed_addresses = changed_addresses + $16, timeline = $17,
             requests = $18, version = version + 1
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
    .bind(to.counts.unchanged)
    .bind(to.counts.resubscribed)
    .bind(to.counts.changed_addresses)
    .bind(Json(&to.timeline))
    .bind(Json(to.requests))
    .fetch_optional(db)
    .await
    })
}

/// Leaves the run as `outcome` says; `sent_until`, where it is known, is the row up to which rows may have
/// been sent that have no outcome. It ends when its timeline does. A run that resumes later although a caller has
/// cancelled it is due at once, and keeps who that was. False: the lease is lost.
pub async fn settle(
    tx: &mut WriteHandle,
    lease: Lease,
    outcome: &Outcome,
    timeline: &Timeline,
    sent_until: Option<i64>,
) -> Result<bool> {
    let now = timeline.until_utc;
    let (status, reason, not_before, end, forgiven) = match outcome {
        Outcome::Ended(status, reason) => (*status, reason.as_ref(), now, Some(now), 0),
        Outcome::Released { not_before, reason, stalled } => {
            (RunStatus::Queued, reason.as_ref(), *not_before, None, i32::from(!stalled))
        }
        Outcome::Held { reason, .. } => (RunStatus::Queued, Some(reason), now, None, 1),
    };
    let held_until = match outcome {
        Outcome::Held { until, .. } => Some(*until),
        Outcome::Ended(..) | Outcome::Released { .. } => None,
    };
    let done = sql!(tx, |db| {
        sqlx::query(
        "UPDATE runs SET status = $3, end_utc = $6,
             reason = CASE WHEN cancel_requested AND $9 THEN reason ELSE $4 END,
             not_before = CASE WHEN cancel_requested THEN $10 ELSE $5 END,
             stalls = CASE WHEN stalls > $7 THEN stalls - $7 ELSE 0 END,
             sent_until = COALESCE($8, sent_until),
             held_until = CASE WHEN cancel_requested THEN NULL ELSE $11 END,
             lease_until = NULL, pushed_at = NULL, version = version + 1, alerts_due = alerts_due OR $12,
             timeline = $13
         WHERE id = $1 AND fence = $2 AND status = 'running'"
    )
    .bind(lease.run)
    .bind(lease.fence)
    .bind(status)
    .bind(reason.map(Json))
    .bind(not_before)
    .bind(end)
    .bind(forgiven)
    .bind(sent_until)
    .bind(end.is_none())
    .bind(now)
    .bind(held_until)
    .bind(end.is_some() || held_until.is_some())
    .bind(Json(timeline))
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(done == 1)
}

/// Runs that should be in the queue but may not be: never pushed, pushed long ago, waiting for their
/// next attempt, or orphaned by a worker that died. Those whose connection or list has another running or
/// orphaned run come after it: they would only hide it. Marks them as pushed.
pub async fn due(
    tx: &mut WriteHandle,
    now: Time,
    push_interval: Duration,
    limit: i64,
) -> Result<Vec<RunId>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
        "UPDATE runs SET pushed_at = $1 WHERE id IN (
             SELECT id FROM runs
             WHERE (not_before <= $1 OR not_before > $4)
               AND (pushed_at IS NULL OR pushed_at < $2 OR pushed_at > $4)
               AND ((status = 'running' AND lease_until < $1)
                   OR (status = 'queued' AND held_until IS NULL
                       AND (cancel_requested
                           OR NOT EXISTS (SELECT 1 FROM pauses WHERE pauses.instance_id = runs.instance_id))
                       AND NOT EXISTS (SELECT 1 FROM runs AS other WHERE other.status = 'running'
                           AND (other.connection_id = runs.connection_id OR other.running_list = runs.list_id))))
             ORDER BY not_before LIMIT $3)
           AND (pushed_at IS NULL OR pushed_at < $2 OR pushed_at > $4)
         RETURNING id"
    )
    .bind(now)
    .bind(now - push_interval)
    .bind(limit)
    .bind(now + FUTURE_MAX)
    .fetch_all(db)
    .await
    })
}
