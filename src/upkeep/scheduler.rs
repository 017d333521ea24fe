//! Fires planned times, and ends runs that waited too long for an approval.
//!
//! The planned time is moved on, and the runs are added, in one transaction: of several schedulers one does it, and a
//! crash in between leaves the time as it was. However many times were missed, one run makes up for them.

use std::sync::Arc;
use std::time::Duration;

use tokio::select;
use tokio::time::{MissedTickBehavior, interval};
use tracing::Instrument;
use uuid::Uuid;

use super::replan::plan_anew;
use crate::app::App;
use crate::audit::{self, Action, Author, SystemActor};
use crate::db::{self, Time};
use crate::expectations::ledger;
use crate::exports::{self, store_planned};
use crate::names::ExportId;
use crate::refreshes;
use crate::runs::held;
use crate::runs::start::{self, Cause};
use crate::runs::started::RunsView;
use crate::schedules::store;

/// Every planned time is read then.
const REPLAN_EVERY: Duration = Duration::from_mins(1);
/// Exports read at a time.
const STEP: i64 = 200;

/// Runs until the service stops.
pub(crate) async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let mut ticks = interval(Duration::from_millis(app.config.work.schedule_ms));
    let mut replan_ticks = interval(REPLAN_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    replan_ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let swept = select! {
            _ = ticks.tick() => sweep(&app, db::now()).await,
            _ = replan_ticks.tick() => plan_anew(&app, db::now()).await,
            () = app.stop.cancelled() => return Ok(()),
        };
        if let Err(error) = swept {
            tracing::warn!(
                error = format!("{error:#}"),
                "planned times could not be read; retrying"
            );
        }
    }
}

async fn sweep(app: &App, now: Time) -> anyhow::Result<()> {
    held::end_expired(&app.db, now).await?;
    fire_due(app, now).await?;
    app.life.scheduler.give(now);
    Ok(())
}

/// Fires every time that was planned for `now` or earlier. One that fails blocks no other: its time stays planned, and
/// is retried.
pub async fn fire_due(app: &App, now: Time) -> anyhow::Result<()> {
    let instances = store::refreshes_due(&mut app.db.read().await?, now).await?;
    for instance in instances {
        let span = tracing::info_span!("planned refresh", instance.id = %instance);
        report(fire_refresh(app, instance, now).instrument(span).await);
    }
    let mut last = None;
    loop {
        let due = store_planned::due(&mut app.db.read().await?, now, last, STEP).await?;
        for (instance, export) in &due {
            let span = tracing::info_span!("planned run", export.id = %export.0);
            report(fire_export(app, *instance, *export, now).instrument(span).await);
        }
        match due.last() {
            Some((_, id)) if !app.stop.is_cancelled() => last = Some(*id),
            _ => return Ok(()),
        }
    }
}

fn report(fired: anyhow::Result<()>) {
    if let Err(error) = fired {
        tracing::error!(
            error = format!("{error:#}"),
            "a planned time could not be fired; retrying"
        );
    }
}

fn author(instance: Uuid) -> Author {
    Author::system(instance, SystemActor::Scheduler)
}

async fn fire_refresh(app: &App, instance: Uuid, now: Time) -> anyhow::Result<()> {
    let mut tx = app.db.write().await?;
    let Some(planned) = store::get(&mut tx, instance).await? else {
        return Ok(());
    };
    let Some(time) = planned.next_planned_utc.filter(|time| *time <= now) else {
        return Ok(());
    };
    if !store::move_refresh_on(&mut tx, &planned, planned.schedule.next(now)).await? {
        return Ok(());
    }
    let author = author(instance);
    let runs = refreshes::start_followers(&mut tx, &author, Cause::Planned(time), now).await?;
    ledger::answer_refresh(&mut tx, &planned, time, &runs, now).await?;
    let change = RunsView::of(&runs).done_in(instance, None);
    audit::record(&mut tx, &author, Action::InstanceStartRefresh, change).await?;
    tx.commit().await?;
    start::notify(&app.queue, &runs).await;
    Ok(())
}

async fn fire_export(app: &App, instance: Uuid, id: ExportId, now: Time) -> anyhow::Result<()> {
    let mut tx = app.db.write().await?;
    let Some(export) = exports::store::get(&mut tx, instance, id).await? else {
        return Ok(());
    };
    let Some(time) = export.next_planned_utc.filter(|time| *time <= now) else {
        return Ok(());
    };
    if !store_planned::move_on(&mut tx, &export, export.schedule.next(now)).await? {
        return Ok(());
    }
    let run = start::start_or_skip(&mut tx, &export, &author(instance), Cause::Planned(time), now)
        .await?;
    ledger::answer_export(&mut tx, &export, time, &run, now).await?;
    tx.commit().await?;
    start::notify(&app.queue, &[run]).await;
    Ok(())
}
