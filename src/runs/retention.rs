//! How long runs are kept: the rejected rows, which are personal data, may leave first, then the batches, then the run.
//!
//! Every step is a transaction of its own that removes at most so many rows, so that nobody waits long for it, and
//! several processes may do it at once. A run goes when its details have gone.

use chrono::TimeDelta;

use super::store_retention;
use crate::config::Limits;
use crate::db::{Db, Time};

/// The details of a run that may leave before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The profiles that are not on the list.
    Rejections,
    /// What was sent.
    Batches,
}

/// Removes what has outlived its age at `now`, with at most `step` rows and `steps` transactions. Returns how many
/// there were.
pub async fn tidy(
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

/// One step. False: there is nothing to remove.
async fn remove_some(db: &Db, limits: &Limits, now: Time, step: i64) -> sqlx::Result<bool> {
    let runs = before(limits.keep_runs_days, now);
    for (detail, days) in [
        (Detail::Rejections, limits.keep_rejections_days),
        (Detail::Batches, limits.keep_batches_days),
    ] {
        // They go no later than their run.
        if let Some(before) = before(days, now).max(runs)
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
    let Some(run) = store_retention::take_leave(&mut tx, detail, before).await? else {
        return Ok(false);
    };
    let removed = store_retention::remove(&mut tx, detail, run, step).await?;
    if removed < step.unsigned_abs() {
        store_retention::mark_gone(&mut tx, detail, run).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// The time that what ended before it has outlived its age; never for an age of 0.
#[must_use]
pub fn before(days: u32, now: Time) -> Option<Time> {
    (days > 0).then(|| now - TimeDelta::days(i64::from(days)))
}
