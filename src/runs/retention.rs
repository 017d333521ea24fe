//! Removes runs that have outlived their age: first the rejected rows, value problems and calls, which are personal
//! data, then the batches, then the run.
//!
//! Every step is a transaction of its own that removes at most so many rows, so that nobody waits long for it, and
//! several processes may do it at once. A run is removed once its details are.

use chrono::TimeDelta;

use super::store_retention::{self, Detail};
use crate::config::Limits;
use crate::db::{Db, Time};

/// Removes what has outlived its age at `now`, in at most `steps` transactions of at most `step` rows. Returns the
/// number of transactions.
pub async fn remove_expired(
    db: &Db,
    limits: &Limits,
    now: Time,
    step: i64,
    steps: usize,
) -> sqlx::Result<usize> {
    for done in 0..steps {
        if !remove_some(db, limits, now, step).await? {
            return Ok(done);
        }
    }
    Ok(steps)
}

/// What ended before this time has outlived an age in days; never for an age of 0.
pub(crate) fn retention_cutoff(days: u32, now: Time) -> Option<Time> {
    (days > 0).then(|| now - TimeDelta::days(i64::from(days)))
}

/// One step. False: nothing is left to remove.
async fn remove_some(db: &Db, limits: &Limits, now: Time, step: i64) -> sqlx::Result<bool> {
    let runs = retention_cutoff(limits.keep_runs_days, now);
    for (detail, days) in [
        (Detail::Rejections, limits.keep_rejections_days),
        (Detail::Batches, limits.keep_batches_days),
    ] {
        // No later than their run.
        if let Some(before) = retention_cutoff(days, now).max(runs)
            && remove_detail(db, detail, before, step).await?
        {
            return Ok(true);
        }
    }
    let Some(before) = runs else { return Ok(false) };
    let mut tx = db.write().await?;
    let removed = store_retention::remove_runs(&mut tx, before, step).await?;
    tx.commit().await?;
    Ok(removed > 0)
}

async fn remove_detail(db: &Db, detail: Detail, before: Time, step: i64) -> sqlx::Result<bool> {
    let mut tx = db.write().await?;
    let Some(run) = store_retention::begin_removal(&mut tx, detail, before).await? else {
        return Ok(false);
    };
    let removed = store_retention::remove(&mut tx, detail, run, step).await?;
    if removed < step.unsigned_abs() {
        store_retention::mark_gone(&mut tx, detail, run).await?;
    }
    tx.commit().await?;
    Ok(true)
}
