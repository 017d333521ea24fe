//! Opens and ends alerts, and sends the messages about them.
//!
//! Every process that does upkeep or executes runs does this. What is to be judged and what is to be sent is in the
//! database: a process that is killed leaves it to another one. A message is sent at least once, with the same id at
//! every try.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use metrics::gauge;
use tokio::select;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::task::TaskTracker;

use crate::alerts::{clock, judge};
use crate::app::App;
use crate::channels::{Channel, Delivery, LEASE, send, store, store_deliveries};
use crate::db::{self, Time};
use crate::names::ChannelId;
use crate::telemetry::measures;

/// Messages that a process sends at a time: more than one instance may have on their way.
const SLOTS: usize = 128;
/// How often is judged what comes with time alone.
const CLOCK_EVERY: Duration = Duration::from_secs(20);

/// Runs until the service stops; then the messages that are on their way are waited for.
pub(crate) async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let mut ticks = interval(Duration::from_millis(app.config.channels.alerts_ms));
    let mut clock_ticks = interval(CLOCK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    clock_ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let outbox = Outbox::default();
    loop {
        let done = select! {
            _ = ticks.tick() => tell(&app, &outbox).await,
            () = outbox.freed.notified() => send_due(&app, &outbox).await,
            _ = clock_ticks.tick() => check_clock(&app, db::now()).await,
            () = app.stop.cancelled() => break,
        };
        if let Err(error) = done {
            tracing::warn!(error = format!("{error:#}"), "alerts could not be judged; retrying");
        }
    }
    outbox.sending.close();
    outbox.sending.wait().await;
    Ok(())
}

/// The messages that a process sends now.
struct Outbox {
    slots: Arc<Semaphore>,
    sending: TaskTracker,
    /// A slot is free again.
    freed: Arc<Notify>,
}

impl Default for Outbox {
    fn default() -> Self {
        let (slots, sending) = (Arc::new(Semaphore::new(SLOTS)), TaskTracker::new());
        Self { slots, sending, freed: Arc::default() }
    }
}

/// Judges what comes with time alone, at `now`.
pub async fn check_clock(app: &App, now: Time) -> anyhow::Result<()> {
    clock::judge(&app.db, now).await?;
    let (_, oldest) = store_deliveries::backlog(&mut app.db.read().await?, now).await?;
    let waited = oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0));
    gauge!(measures::OLDEST_DELIVERY).set(measures::gauge_value(waited));
    Ok(())
}

/// Judges what has left a mark, and sends what is due.
async fn tell(app: &Arc<App>, outbox: &Outbox) -> anyhow::Result<()> {
    judge::judge_due(&app.db, db::now()).await?;
    send_due(app, outbox).await
}

/// Sends what is due, as far as slots are free.
async fn send_due(app: &Arc<App>, outbox: &Outbox) -> anyhow::Result<()> {
    let free = i64::try_from(outbox.slots.available_permits())?;
    if free == 0 {
        return Ok(());
    }
    for (channel, delivery) in claim(app, free).await? {
        let slot = outbox.slots.clone().acquire_owned().await?;
        let (app, freed) = (app.clone(), outbox.freed.clone());
        outbox.sending.spawn(async move {
            send_one(&app, &channel, &delivery).await;
            drop(slot);
            freed.notify_one();
        });
    }
    Ok(())
}

/// Claims messages with their channels. On an engine with one writer nothing is written when nothing is due.
async fn claim(app: &App, most: i64) -> anyhow::Result<Vec<(Arc<Channel>, Delivery)>> {
    let now = db::now();
    if store_deliveries::backlog(&mut app.db.read().await?, now).await?.0 == 0 {
        return Ok(vec![]);
    }
    let mut tx = app.db.write().await?;
    let claimed = store_deliveries::claim(&mut tx, now, LEASE, most).await?;
    let mut channels: HashMap<ChannelId, Arc<Channel>> = HashMap::new();
    let mut messages = vec![];
    for delivery in claimed {
        let id = delivery.channel_id;
        let channel = match channels.get(&id) {
            Some(known) => known.clone(),
            None => match store::get(&mut tx, delivery.instance_id, id).await? {
                Some(found) => channels.entry(id).or_insert(Arc::new(found)).clone(),
                None => continue,
            },
        };
        messages.push((channel, delivery));
    }
    tx.commit().await?;
    Ok(messages)
}

async fn send_one(app: &App, channel: &Channel, delivery: &Delivery) {
    if let Err(error) = send(app, channel, delivery).await {
        let id = delivery.id.0;
        tracing::warn!(delivery.id = %id, %error, "what came of a message could not be written; it is sent again");
    }
}
