//! The janitor removes what has outlived its age, in small steps.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use chrono::{DurationRound, TimeDelta};
use tokio::select;
use tokio::time::{MissedTickBehavior, interval};

use super::even_clock::EvenClock;
use crate::app::App;
use crate::baselines;
use crate::channels::store_deliveries;
use crate::config::Limits;
use crate::connections::store_oauth;
use crate::db::{self, Db, Time};
use crate::http::idempotency;
use crate::runs::retention::retention_cutoff;
use crate::segments::orphans;
use crate::{alerts, audit, erasures, expectations, refreshes, runs, tickets, verifications};

const EVERY: Duration = Duration::from_mins(1);
/// Finding orphans lists all objects of this service in the storage.
const ORPHANS_EVERY: Duration = Duration::from_hours(1);
/// Rows that one transaction removes.
const STEP: i64 = 500;
/// Transactions at a time; the rest waits for the next minute.
const STEPS: usize = 1000;
/// An expired sign-in is kept for a while, so that the callback can say that it came too late.
const SIGN_INS_KEPT: TimeDelta = TimeDelta::hours(1);

/// Runs until the service stops.
pub(crate) async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let mut clock = EvenClock::new(Instant::now(), db::now());
    let (mut expire_ticks, mut orphan_ticks) = (interval(EVERY), interval(ORPHANS_EVERY));
    expire_ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    orphan_ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let (is_hourly, retry) = select! {
            _ = expire_ticks.tick() => (false, EVERY),
            _ = orphan_ticks.tick() => (true, ORPHANS_EVERY),
            () = app.stop.cancelled() => return Ok(()),
        };
        let now = db::now();
        let is_even = clock.is_even(Instant::now(), now);
        let removed = if is_hourly {
            keep_hourly(&app, now, is_even).await
        } else {
            keep(&app, now, is_even).await
        };
        if let Err(error) = removed {
            let (error, retry) = (format!("{error:#}"), retry.as_secs());
            tracing::warn!(error, "retention failed; retrying in {retry} s");
        }
    }
}

async fn keep(app: &App, now: Time, is_even: bool) -> anyhow::Result<()> {
    let adopted = audit::adopt::adopt(&app.db, &app.keys, now).await?;
    if adopted > 0 {
        tracing::info!(adopted, "linked audit events of a version without the chain");
    }
    if is_even { remove_expired(app, now).await } else { Ok(()) }
}

async fn keep_hourly(app: &App, now: Time, is_even: bool) -> anyhow::Result<()> {
    if let Some(head) = audit::verify::head(&app.db).await? {
        // A log that is kept apart from the database shows later whether the end is gone.
        tracing::info!(%head, "the head of the audit chain");
    }
    if is_even { remove_orphans(app, now).await } else { Ok(()) }
}

/// Removes uploads and baselines that nothing has named for long enough at `now`, and those that were never finished.
pub async fn remove_orphans(app: &App, now: Time) -> anyhow::Result<()> {
    let minutes = i64::from(app.config.limits.keep_unfinished_uploads_minutes);
    let before = SystemTime::from(now - TimeDelta::minutes(minutes));
    let count = app.storage.remove_unfinished(before).await?;
    tracing::debug!(count, "removed unfinished uploads and baselines");
    let hours = i64::from(app.config.limits.keep_unused_uploads_hours);
    if hours > 0 {
        let before = now - TimeDelta::hours(hours);
        let count = orphans::remove_orphans(app, before).await?;
        tracing::debug!(count, "removed orphaned uploads");
        let App { db, storage, stop, .. } = app;
        let count = baselines::orphans::remove_orphans(db, storage, before, stop).await?;
        tracing::debug!(count, "removed baselines that nothing names");
    }
    Ok(())
}

/// Rows that are removed, most of them when they are older than this time.
#[derive(Clone, Copy, Debug)]
enum Expired {
    IdempotencyKeys(Time),
    AuditEvents(Time),
    Refreshes(Time),
    SignIns(Time),
    EventTickets(Time),
    /// Of verifications, with the rejections of their runs.
    Differences,
    Alerts(Time),
    Deliveries(Time),
    PlannedTimes(Time),
    Tombstones(Time),
    /// With the audit, which names them.
    Erasures(Time),
}

/// Removes what has outlived its age at `now`. What cannot be removed blocks nothing else. Several processes may do it
/// at once.
pub async fn remove_expired(app: &App, now: Time) -> anyhow::Result<()> {
    let (db, limits) = (&app.db, &app.config.limits);
    let mut errors = Vec::new();
    for expired in all_expired(limits, app.config.channels.keep_alerts_days, now) {
        errors.extend(remove(db, expired).await.err());
    }
    errors.extend(runs::retention::remove_expired(db, limits, now, STEP, STEPS).await.err());
    // Last, since a storage may be slow.
    errors.extend(orphans::remove_superseded(app, None).await.err());
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    anyhow::ensure!(errors.is_empty(), "{}", errors.join("; "));
    Ok(())
}

fn all_expired(limits: &Limits, alert_days: u32, now: Time) -> impl Iterator<Item = Expired> {
    let keys_before = now - TimeDelta::hours(i64::from(limits.idempotency_hours));
    [
        Some(Expired::IdempotencyKeys(keys_before)),
        retention_cutoff(limits.audit_days, hour(now)).map(Expired::AuditEvents),
        retention_cutoff(limits.keep_runs_days, now).map(Expired::Refreshes),
        retention_cutoff(limits.keep_runs_days, now).map(Expired::PlannedTimes),
        Some(Expired::SignIns(now - SIGN_INS_KEPT)),
        Some(Expired::EventTickets(now)),
        Some(Expired::Differences),
        retention_cutoff(alert_days, now).map(Expired::Alerts),
        retention_cutoff(alert_days, now).map(Expired::Deliveries),
        Some(Expired::Tombstones(now)),
        retention_cutoff(limits.audit_days, now).map(Expired::Erasures),
    ]
    .into_iter()
    .flatten()
}

/// The hour that `now` is in. The audit says what was removed from it: once an hour is enough.
fn hour(now: Time) -> Time {
    now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now)
}

/// In small steps, so that no transaction takes long.
async fn remove(db: &Db, expired: Expired) -> sqlx::Result<()> {
    for _ in 0..STEPS {
        let mut tx = db.write().await?;
        let removed = match expired {
            Expired::IdempotencyKeys(before) => {
                idempotency::store::remove_expired(&mut tx, before, STEP).await?
            }
            Expired::AuditEvents(before) => {
                audit::retention::remove_expired(&mut tx, before, STEP).await?
            }
            Expired::Refreshes(before) => {
                refreshes::store::remove_expired(&mut tx, before, STEP).await?
            }
            Expired::Differences => {
                verifications::store_retention::remove_expired(&mut tx, STEP).await?
            }
            Expired::Alerts(before) => alerts::store::remove_expired(&mut tx, before, STEP).await?,
            Expired::Deliveries(before) => {
                store_deliveries::remove_expired(&mut tx, before, STEP).await?
            }
            Expired::PlannedTimes(before) => {
                expectations::store::remove_expired(&mut tx, before, STEP).await?
            }
            Expired::Tombstones(before) => {
                erasures::store_tombstones::remove_expired(&mut tx, before, STEP).await?
            }
            Expired::Erasures(before) => {
                erasures::store::remove_expired(&mut tx, before, STEP).await?
            }
            Expired::SignIns(before) => {
                store_oauth::remove_expired_sign_ins(&mut tx, before, STEP).await?
            }
            Expired::EventTickets(before) => {
                tickets::store::remove_expired(&mut tx, before, STEP).await?
            }
        };
        tx.commit().await?;
        if removed == 0 {
            break;
        }
    }
    Ok(())
}
