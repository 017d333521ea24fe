//! The heartbeat: a call of an address outside, as long as the service does its work. When the calls stop, the service
//! outside tells somebody: also when all of this is gone, with every alert that it could have sent.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use reqwest::header::HeaderMap;
use secrecy::SecretString;
use tokio::select;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::db::{self, Db, Time};
use crate::exports::store_planned;
use crate::{processes, schedules};

/// A part that has done nothing for so long stands still: longer than its pauses, and than those of `presence`.
const STILL_AFTER: TimeDelta = TimeDelta::minutes(2);
/// How far the clock of another process may be ahead.
const AHEAD_MAX: TimeDelta = TimeDelta::minutes(1);
/// A planned time on which nobody has acted for so long shows that no scheduler works.
const OVERDUE_MAX: TimeDelta = TimeDelta::minutes(5);

/// Runs until the service stops.
pub(crate) async fn run(app: Arc<App>, url: SecretString) -> anyhow::Result<()> {
    let mut ticks = interval(Duration::from_secs(app.config.heartbeat.heartbeat_seconds));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        select! {
            _ = ticks.tick() => send_if_working(&app, &url).await,
            () = app.stop.cancelled() => return Ok(()),
        }
    }
}

async fn send_if_working(app: &App, url: &SecretString) {
    match obstacle(&app.db, db::now()).await {
        Ok(None) => send(app, url).await,
        Ok(Some(why)) => tracing::error!(why, "no heartbeat is sent"),
        Err(error) => tracing::error!(%error, "no heartbeat is sent: the database does not answer"),
    }
}

/// Why the service does not do its work; `None`: it does.
pub async fn obstacle(db: &Db, now: Time) -> sqlx::Result<Option<&'static str>> {
    let mut tx = db.read().await?;
    let (from, to) = (now - STILL_AFTER, now + AHEAD_MAX);
    let (is_scheduling, is_notifying) = processes::store::worked_between(&mut tx, from, to).await?;
    let export = store_planned::earliest(&mut tx).await?;
    let refresh = schedules::store::earliest(&mut tx).await?;
    let overdue = export.into_iter().chain(refresh).min();
    Ok(if !is_scheduling {
        Some("no scheduler has acted on planned times for two minutes")
    } else if overdue.is_some_and(|planned| now - planned > OVERDUE_MAX) {
        Some("a planned time has passed, and no scheduler has acted on it for five minutes")
    } else if is_notifying {
        None
    } else {
        Some("no process has judged and sent alerts for two minutes")
    })
}

/// The URL holds a secret, so neither it nor what a client says of it is logged.
async fn send(app: &App, url: &SecretString) {
    match app.outbound.web.post(url, HeaderMap::new(), "{}".to_owned()).await {
        Ok(answer) if (200..300).contains(&answer.status) => {
            tracing::debug!("a heartbeat was accepted");
        }
        Ok(answer) => {
            let status = answer.status;
            tracing::warn!(
                status,
                "a heartbeat was not accepted; check SEGMENT_EXPORT_HEARTBEAT_URL"
            );
        }
        Err(error) => {
            tracing::warn!(%error, "a heartbeat did not arrive; check SEGMENT_EXPORT_HEARTBEAT_URL");
        }
    }
}
