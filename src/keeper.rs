//! Keeps house: removes what has outlived its age, in small steps.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::select;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::http::idempotency;
use crate::{audit, db, segments};

const EVERY: Duration = Duration::from_mins(1);
const STEP: i64 = 500;

/// Keeps house until told to stop.
pub async fn keep_house(app: Arc<App>) -> anyhow::Result<()> {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        select! {
            _ = ticks.tick() => {}
            () = app.stop.cancelled() => return Ok(()),
        }
        if let Err(error) = tidy(&app).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "house could not be kept; it is tried again"
            );
        }
    }
}

async fn tidy(app: &App) -> anyhow::Result<()> {
    segments::tidy(app).await?;
    let (now, limits) = (db::now(), &app.config.limits);
    let keys_from = now - TimeDelta::hours(i64::from(limits.idempotency_hours));
    let audit_from = now - TimeDelta::days(i64::from(limits.audit_days));
    let mut tx = app.db.write().await?;
    idempotency::store::forget(&mut tx, keys_from, STEP).await?;
    audit::store::forget(&mut tx, audit_from, STEP).await?;
    tx.commit().await?;
    Ok(())
}
