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
    let canceled = add(tx, lease, (&counts, calls), now, ttl).await?;
    if canceled.is_some() && !done.is_empty() {
        insert(tx, lease.run, done).await?;
    }
    Ok(canceled)
}

async fn add(
    tx: &mut WriteHandle,
    lease: Lease,
    (counts, calls): (&LeaverCounts, LeaverCallCounts),
    now: Time,
    ttl: Duration,
) -> Result<Option<bool>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "UPDATE runs SET stalls = 0, lease_until = $3, leavers_flagged = leavers_flagged + $4,
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
        .fetch_optional(db)
        .await
    })
}

async fn insert(tx: &mut WriteHandle, run: RunId, done: &LeaverOutcomes) -> Result<()> {
    let slots: Vec<usize> = done.keys().copied().collect();
    let outcomes: String = done.values().map(|outcome| outcome.letter()).collect();
    let number = slots.first().copied().and_then(|slot| i64::try_from(slot).ok());
    sql!(tx, |db| {
        sqlx::query(
            "INSERT INTO leaver_batches (run_id, number, slots, outcomes) VALUES ($1, $2, $3, $4)",
        )
        .bind(run)
        .bind(number.unwrap_or_default())
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
        sqlx::query_as("SELECT slots, outcomes FROM leaver_batches WHERE run_id = $1")
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
