//! Keeps house: removes what has outlived its age, in small steps.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::select;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::config::Limits;
use crate::connections::store_oauth;
use crate::db::{self, Db, Time};
use crate::http::idempotency;
use crate::segments::leftovers;
use crate::{audit, refreshes, runs};

const EVERY: Duration = Duration::from_mins(1);
/// Looking through all uploads asks the storage for a list of them.
const SWEEP_EVERY: Duration = Duration::from_hours(1);
/// Rows that one transaction removes.
const STEP: i64 = 500;
/// Transactions at a time; what is left waits for the next.
const STEPS: usize = 1000;
/// A sign-in that took too long is remembered for a while, to be able to say so.
const SIGN_INS_KEPT: TimeDelta = TimeDelta::hours(1);

/// Keeps house until told to stop.
pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let (mut ticks, mut sweeps) = (interval(EVERY), interval(SWEEP_EVERY));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let kept = select! {
            _ = ticks.tick() => tidy(&app, db::now()).await,
            _ = sweeps.tick() => sweep(&app, db::now()).await,
            () = app.stop.cancelled() => return Ok(()),
        };
        if let Err(error) = kept {
            tracing::warn!(
                error = format!("{error:#}"),
                "house could not be kept; it is tried again"
            );
        }
    }
}

/// Removes uploads that were in use by nobody for long enough at `now`.
pub async fn sweep(app: &App, now: Time) -> anyhow::Result<()> {
    let hours = i64::from(app.config.limits.keep_unused_uploads_hours);
    if hours > 0 {
        let count = leftovers::sweep(app, now - TimeDelta::hours(hours)).await?;
        tracing::debug!(count, "uploads that nobody names were removed");
    }
    Ok(())
}

/// What is forgotten when it was there before this time.
#[derive(Clone, Copy, Debug)]
enum Old {
    IdempotencyKeys(Time),
    AuditEvents(Time),
    Refreshes(Time),
    SignIns(Time),
}

/// Removes what has outlived its age at `now`. What cannot be removed holds up nothing else. Several processes may do it
/// at once.
pub async fn tidy(app: &App, now: Time) -> anyhow::Result<()> {
    let mut errors = Vec::new();
    for old in all_old(&app.config.limits, now) {
        errors.extend(forget(&app.db, old).await.err());
    }
    errors.extend(runs::retention::tidy(&app.db, &app.config.limits, now, STEP, STEPS).await.err());
    // Last, since a storage may take its time.
    errors.extend(leftovers::tidy(app, None).await.err());
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    anyhow::ensure!(errors.is_empty(), "{}", errors.join("; "));
    Ok(())
}

fn all_old(limits: &Limits, now: Time) -> impl Iterator<Item = Old> {
    let keys_before = now - TimeDelta::hours(i64::from(limits.idempotency_hours));
    [
        Some(Old::IdempotencyKeys(keys_before)),
        runs::retention::before(limits.audit_days, now).map(Old::AuditEvents),
        runs::retention::before(limits.keep_runs_days, now).map(Old::Refreshes),
        Some(Old::SignIns(now - SIGN_INS_KEPT)),
    ]
    .into_iter()
    .flatten()
}

/// Forgets what is old, in small steps.
async fn forget(db: &Db, old: Old) -> sqlx::Result<()> {
    for _ in 0..STEPS {
        let mut tx = db.write().await?;
        let removed = match old {
            Old::IdempotencyKeys(before) => {
                idempotency::store::forget(&mut tx, before, STEP).await?
            }
            Old::AuditEvents(before) => audit::store::forget(&mut tx, before, STEP).await?,
            Old::Refreshes(before) => refreshes::store::forget(&mut tx, before, STEP).await?,
            Old::SignIns(before) => store_oauth::forget_sign_ins(&mut tx, before, STEP).await?,
        };
        tx.commit().await?;
        if removed == 0 {
            break;
        }
    }
    Ok(())
}
