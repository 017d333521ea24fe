//! Keeps house: removes what has outlived its age, in small steps.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::select;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::db::{self, Db, Time};
use crate::http::idempotency;
use crate::{audit, connections, refreshes, runs, segments};

const EVERY: Duration = Duration::from_mins(1);
/// Rows that one transaction removes.
const STEP: i64 = 500;
/// Transactions at a time; what is left waits for the next.
const STEPS: usize = 1000;
/// A sign-in that took too long is remembered for a while, to be able to say so.
const SIGN_INS_KEPT: TimeDelta = TimeDelta::hours(1);

/// Keeps house until told to stop.
pub async fn keep_house(app: Arc<App>) -> anyhow::Result<()> {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        select! {
            _ = ticks.tick() => {}
            () = app.stop.cancelled() => return Ok(()),
        }
        if let Err(error) = tidy(&app, db::now()).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "house could not be kept; it is tried again"
            );
        }
    }
}

/// Removes what has outlived its age at `now`. Several processes may do it at once.
pub async fn tidy(app: &App, now: Time) -> anyhow::Result<()> {
    segments::tidy(app).await?;
    let limits = &app.config.limits;
    let keys_from = now - TimeDelta::hours(i64::from(limits.idempotency_hours));
    let events_from = now - TimeDelta::days(i64::from(limits.audit_days));
    let refreshes_from = runs::retention::before(limits.keep_runs_days, now);
    forget(&app.db, keys_from, events_from, refreshes_from).await?;
    let mut tx = app.db.write().await?;
    connections::store_oauth::forget_sign_ins(&mut tx, now - SIGN_INS_KEPT).await?;
    tx.commit().await?;
    runs::retention::tidy(&app.db, limits, now, STEP, STEPS).await?;
    Ok(())
}

/// Removes idempotency keys, audit events and reports of refreshes from before these times.
async fn forget(
    db: &Db,
    keys_from: Time,
    events_from: Time,
    refreshes_from: Option<Time>,
) -> sqlx::Result<()> {
    for _ in 0..STEPS {
        let mut tx = db.write().await?;
        let keys = idempotency::store::forget(&mut tx, keys_from, STEP).await?;
        let events = audit::store::forget(&mut tx, events_from, STEP).await?;
        let reports = match refreshes_from {
            Some(before) => refreshes::store::forget(&mut tx, before, STEP).await?,
            None => 0,
        };
        tx.commit().await?;
        if keys + events + reports == 0 {
            break;
        }
    }
    Ok(())
}
