//! SQL of the table `leaver_batches`, and of the counts of leavers in `runs`.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::Result;
use sqlx::types::Json;

use super::lease::Lease;
use super::leaver_outcome::LeaverOutcome;
use super::run_plan::{LeaverCallCounts, LeaverCounts};
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::RunId;
use crate::sql;

/// What was done to leavers, by their slots in the baseline.
pub type LeaverOutcomes = BTreeMap<usize, LeaverOutcome>;

/// Writes what was done to some leavers, none of whom was written before, and the calls since the last time. Returns
/// whether a caller asked to cancel; `None`: the lease is lost.
pub(crate) async fn record(
    tx: &mut WriteHandle,
    lease: Lease,
    done: &LeaverOutcomes,
    calls: LeaverCallCounts,
    now: Time,
    ttl: Duration,
) -> Result<Option<bool>> {
    let mut counts = LeaverCounts::default();
    for outcome in done.values() {
        counts.count(*outcome);
    }
    let is_progress = done.values().any(|outcome| *outcome != LeaverOutcome::InDoubt);
    let canceled = add(tx, lease, (&counts, calls, is_progress), now, ttl).await?;
    if canceled.is_some() && !done.is_empty() {
        insert(tx, lease, done).await?;
    }
    Ok(canceled)
}

async fn add(
    tx: &mut WriteHandle,
    lease: Lease,
    (counts, calls, is_progress): (&LeaverCounts, LeaverCallCounts, bool),
    now: Time,
    ttl: Duration,
) -> Result<Option<bool>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "UPDATE runs SET stalls = CASE WHEN $11 THEN 0 ELSE stalls END, lease_until = $3,
                 leavers_flagged = leavers_flagged + $4,
                 leavers_deleted = leavers_deleted + $5, leavers_unsubscribed = leavers_unsubscribed + $6,
                 leavers_gone = leavers_gone + $7, leavers_failed = leavers_failed + $8,
                 leaver_calls_made = leaver_calls_made + $9, leaver_calls_answered = leaver_calls_answered + $10,
                 version = version + 1
             WHERE id = $1 AND fence = $2 AND status = 'running' RETURNING cancel_requested",
        )
        .bind(lease.run)
        .bind(lease.fence)
        .bind(now + ttl)
        .bind(counts.flagged)
        .bind(counts.deleted)
        .bind(counts.unsubscribed)
        .bind(counts.gone)
        .bind(counts.failed)
        .bind(calls.made)
        .bind(calls.answered)
        .bind(is_progress)
        .fetch_optional(db)
        .await
    })
}

/// The first slots of all attempts are below this.
const SLOTS_MAX: i64 = 1 << 32;

/// Known outcomes come once for each person. Somebody may be in doubt after each attempt: those rows have numbers below
/// 0, apart for each attempt, and what is known later is read after them.
async fn insert(tx: &mut WriteHandle, lease: Lease, done: &LeaverOutcomes) -> Result<()> {
    let (doubtful, known): (LeaverOutcomes, LeaverOutcomes) =
        done.iter().partition(|(_, outcome)| **outcome == LeaverOutcome::InDoubt);
    if let Some(first) = first_slot(&doubtful) {
        let number = first - (lease.fence + 1) * SLOTS_MAX;
        insert_rows(tx, lease.run, &doubtful, number).await?;
    }
    if let Some(first) = first_slot(&known) {
        insert_rows(tx, lease.run, &known, first).await?;
    }
    Ok(())
}

fn first_slot(outcomes: &LeaverOutcomes) -> Option<i64> {
    outcomes.keys().next().and_then(|slot| i64::try_from(*slot).ok())
}

async fn insert_rows(
    tx: &mut WriteHandle,
    run: RunId,
    done: &LeaverOutcomes,
    number: i64,
) -> Result<()> {
    let slots: Vec<usize> = done.keys().copied().collect();
    let outcomes: String = done.values().map(|outcome| outcome.letter()).collect();
    sql!(tx, |db| {
        sqlx::query(
            "INSERT INTO leaver_batches (run_id, number, slots, outcomes) VALUES ($1, $2, $3, $4)",
        )
        .bind(run)
        .bind(number)
        .bind(Json(&slots))
        .bind(&outcomes)
        .execute(db)
        .await
        .map(drop)
    })
}

/// What a run has done to leavers so far.
pub(crate) async fn of_run(tx: &mut ReadHandle, run: RunId) -> Result<LeaverOutcomes> {
    let rows: Vec<(Json<Vec<usize>>, String)> = sql!(tx, |db| {
        sqlx::query_as(
            "SELECT slots, outcomes FROM leaver_batches WHERE run_id = $1 ORDER BY number",
        )
        .bind(run)
        .fetch_all(db)
        .await
    })?;
    let mut done = LeaverOutcomes::new();
    for (slots, outcomes) in rows {
        let outcomes = slots.0.into_iter().zip(outcomes.chars());
        done.extend(outcomes.filter_map(|(slot, one)| Some((slot, LeaverOutcome::of(one)?))));
    }
    Ok(done)
}
