//! Says in the database that this process lives, and when its parts last did their work: for operators, and for the
//! heartbeat, which must not be sent when a part stands still.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::select;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use crate::app::App;
use crate::config::Part;
use crate::db::{self, Time};
use crate::processes::{ServiceProcess, store};

const EVERY: Duration = Duration::from_secs(5);
/// How long a process that was killed is still shown.
const SHOWN: TimeDelta = TimeDelta::hours(24);

/// Runs until the service stops; then the process is gone from the list.
pub(crate) async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let (id, started_utc) = (Uuid::now_v7(), db::now());
    tracing::info!(process.id = %id, "this process is in the list of processes under this id");
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        select! {
            _ = ticks.tick() => {}
            () = app.stop.cancelled() => break,
        }
        if let Err(error) = write(&app, id, started_utc).await {
            tracing::warn!(%error, "could not write that this process lives; retrying");
        }
    }
    if let Err(error) = remove(&app, id).await {
        tracing::warn!(%error, "this process stays in the list of processes for a day");
    }
    Ok(())
}

async fn write(app: &App, id: Uuid, started_utc: Time) -> sqlx::Result<()> {
    let now = db::now();
    let process = ServiceProcess {
        id,
        parts: parts(app),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_utc,
        seen_utc: now,
        scheduled_utc: app.life.scheduler.last(),
        notified_utc: app.life.notifier.last(),
    };
    let mut tx = app.db.write().await?;
    store::put(&mut tx, &process).await?;
    store::remove_silent(&mut tx, now - SHOWN).await?;
    tx.commit().await
}

async fn remove(app: &App, id: Uuid) -> sqlx::Result<()> {
    let mut tx = app.db.write().await?;
    store::remove(&mut tx, id).await?;
    tx.commit().await
}

fn parts(app: &App) -> String {
    let parts = [(Part::Api, "api"), (Part::Worker, "worker"), (Part::Scheduler, "scheduler")];
    let plays = parts.into_iter().filter(|(part, _)| app.config.plays(*part));
    plays.map(|(_, word)| word).collect::<Vec<_>>().join(",")
}
