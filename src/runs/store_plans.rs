//! SQL of the table `plans`, and of the columns of `runs` that hold a run until somebody approves its plan.

use sqlx::types::Json;
use sqlx::{FromRow, Result};

use super::lease::Lease;
use super::makers::RunMakers;
use super::reason::Reason;
use super::run::Run;
use super::run_plan::{ComparedWith, RunPlan};
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::{ExportId, RunId};
use crate::sql;

/// A plan, as it is stored. The columns are explained in the migration.
#[derive(Clone, Debug, FromRow)]
pub struct StoredPlan {
    pub plan: Json<RunPlan>,
    pub hash: String,
    pub baseline_version: i64,
    pub edited_by: String,
    pub computed_utc: Time,
    pub approved_hash: Option<String>,
    pub decided_by: Option<String>,
    pub decided_utc: Option<Time>,
    pub note: Option<String>,
}

impl StoredPlan {
    /// Whether somebody has approved exactly this plan.
    #[must_use]
    pub fn is_approved(&self) -> bool {
        self.approved_hash.as_deref() == Some(self.hash.as_str())
    }

    /// Who decided about exactly this plan, and when. An approval of another one is none of this.
    #[must_use]
    pub fn decision(&self) -> Option<(&str, Time)> {
        let is_of_another = self.approved_hash.is_some() && !self.is_approved();
        let by = self.decided_by.as_deref().filter(|_| !is_of_another)?;
        Some((by, self.decided_utc?))
    }
}

/// `None`: the run has no plan, or not yet.
pub(crate) async fn get(tx: &mut ReadHandle, run: RunId) -> Result<Option<StoredPlan>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM plans WHERE run_id = $1")
        .bind(run)
        .fetch_optional(db)
        .await)
}

/// Who started a run and who made its settings.
pub(crate) async fn makers(tx: &mut ReadHandle, run: RunId) -> Result<RunMakers> {
    let makers: Json<RunMakers> = sql!(tx, |db| {
        sqlx::query_scalar("SELECT makers FROM runs WHERE id = $1").bind(run).fetch_one(db).await
    })?;
    Ok(makers.0)
}

/// Whether this subject gave a segment the members that the run reads.
pub(crate) async fn gave_members(tx: &mut ReadHandle, run: RunId, subject: &str) -> Result<bool> {
    sql!(tx, |db| sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM run_segments WHERE run_id = $1 AND members_by = $2)"
    )
    .bind(run)
    .bind(subject)
    .fetch_one(db)
    .await)
}

/// A plan to be stored.
pub(crate) struct NewPlan<'a> {
    pub plan: &'a RunPlan,
    pub hash: &'a str,
    pub baseline_version: i64,
    /// Leavers to whom an earlier attempt came.
    pub done: i64,
}

impl NewPlan<'_> {
    /// How many people leave: an earlier attempt may have come to some whom this plan does not have.
    pub fn found(&self) -> i64 {
        self.plan.kept + self.plan.leavers.max(self.done)
    }
}

/// Stores the plan of a run, in place of that of an earlier attempt, and how many people leave. Who had edited the
/// export at the first attempt stays, and so does an approval: it counts for its hash only. False: the lease is lost.
pub(crate) async fn put(
    tx: &mut WriteHandle,
    lease: Lease,
    new: &NewPlan<'_>,
    now: Time,
) -> Result<bool> {
    let done = sql!(&mut *tx, |db| sqlx::query(
        "UPDATE runs SET leavers_found = $3, leavers_kept = $4, version = version + 1
         WHERE id = $1 AND fence = $2 AND status = 'running'"
    )
    .bind(lease.run)
    .bind(lease.fence)
    .bind(new.found())
    .bind(new.plan.kept)
    .execute(db)
    .await?
    .rows_affected());
    if done == 0 {
        return Ok(false);
    }
    sql!(tx, |db| {
        sqlx::query(
            "INSERT INTO plans (run_id, plan, hash, baseline_version, edited_by, computed_utc)
             SELECT $1, $2, $3, $4, COALESCE((SELECT updated_by FROM exports WHERE id = runs.export_id), ''), $5
             FROM runs WHERE id = $1
             ON CONFLICT (run_id) DO UPDATE SET plan = $2, hash = $3, baseline_version = $4, computed_utc = $5",
        )
        .bind(lease.run)
        .bind(Json(new.plan))
        .bind(new.hash)
        .bind(new.baseline_version)
        .bind(now)
        .execute(db)
        .await
        .map(|_| true)
    })
}

/// Approves the plan with this hash, and makes the run due, or lets it wait for this reason. False: the run is not held
/// any more.
pub(crate) async fn approve(
    tx: &mut WriteHandle,
    run: RunId,
    hash: &str,
    waits: Option<&Reason>,
    by: &str,
    now: Time,
) -> Result<bool> {
    let done = sql!(&mut *tx, |db| {
        sqlx::query(
        "UPDATE runs SET held_until = NULL, reason = $3, not_before = $2, pushed_at = NULL, version = version + 1,
             alerts_due = TRUE
         WHERE id = $1 AND status = 'queued' AND held_until IS NOT NULL"
    )
    .bind(run)
    .bind(now)
    .bind(waits.map(Json))
    .execute(db)
    .await?
    .rows_affected()
    });
    if done == 0 {
        return Ok(false);
    }
    decide(tx, run, Some(hash), (by, None), now).await.map(|()| true)
}

async fn decide(
    tx: &mut WriteHandle,
    run: RunId,
    approved: Option<&str>,
    (by, note): (&str, Option<&str>),
    now: Time,
) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
        "UPDATE plans SET approved_hash = $2, decided_by = $3, note = $4, decided_utc = $5 WHERE run_id = $1"
    )
    .bind(run)
    .bind(approved)
    .bind(by)
    .bind(note)
    .bind(now)
    .execute(db)
    .await
    .map(drop)
    })
}

/// Ends a held run for this reason, decided by this subject, who may have left a note. `None`: it is not held any more.
pub(crate) async fn end_held(
    tx: &mut WriteHandle,
    run: RunId,
    reason: &Reason,
    decided: (&str, Option<&str>),
    now: Time,
) -> Result<Option<Run>> {
    let ended = sql!(&mut *tx, |db| {
        sqlx::query_as(
            "UPDATE runs SET status = 'skipped', reason = $2, end_utc = $3, held_until = NULL, version = version + 1,
                 alerts_due = TRUE
             WHERE id = $1 AND status = 'queued' AND held_until IS NOT NULL RETURNING *",
        )
        .bind(run)
        .bind(Json(reason))
        .bind(now)
        .fetch_optional(db)
        .await
    })?;
    if ended.is_some() {
        decide(tx, run, None, decided, now).await?;
    }
    Ok(ended)
}

/// The held run of an export; there is one at most.
pub(crate) async fn held_of_export(tx: &mut ReadHandle, export: ExportId) -> Result<Option<Run>> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT * FROM runs WHERE export_id = $1 AND status = 'queued' AND held_until IS NOT NULL"
    )
    .bind(export)
    .fetch_optional(db)
    .await)
}

/// Held runs that nobody has approved in time; those that wait for longest come first.
pub(crate) async fn expired(tx: &mut ReadHandle, now: Time, limit: i64) -> Result<Vec<Run>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT * FROM runs WHERE status = 'queued' AND held_until <= $1 ORDER BY held_until LIMIT $2"
    )
    .bind(now)
    .bind(limit)
    .fetch_all(db)
    .await
    })
}

/// The newest run of an export, before this one, that went through all its members.
pub(crate) async fn last_complete(
    tx: &mut ReadHandle,
    export: ExportId,
    before: Option<RunId>,
) -> Result<Option<ComparedWith>> {
    let row: Option<(RunId, i64)> = sql!(tx, |db| {
        sqlx::query_as(
            "SELECT id, selected FROM runs WHERE export_id = $1 AND ($2 IS NULL OR id < $2)
                 AND status IN ('successful', 'completedWithErrors') ORDER BY id DESC LIMIT 1",
        )
        .bind(export)
        .bind(before)
        .fetch_optional(db)
        .await
    })?;
    Ok(row.map(|(run_id, selected)| ComparedWith { run_id, selected }))
}
