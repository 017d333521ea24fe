//! Opens and ends alerts, and sends the messages about them.
//!
//! Every process does this. What is to be judged and what is to be sent is in the database: a process that is killed
//! leaves it to another one. A message is sent at least once, with the same id at every try.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use metrics::gauge;
use tokio::select;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::task::TaskTracker;

use crate::alerts::{age, clock, judge};
use crate::app::App;
use crate::channels::{
    Channel, ChannelKind, Delivery, LEASE, send, store, store_backlog, store_deliveries,
};
use crate::db::{self, ReadHandle, Time};
use crate::expectations::ledger;
use crate::names::ChannelId;
use crate::telemetry::measures;

/// Messages of a kind that a process sends at a time: more than one instance may have on their way. Each kind has its
/// own, so a mail server or a service that hangs delays no other kind.
const fn slots(kind: ChannelKind) -> usize {
    match kind {
        ChannelKind::Email => 32,
        ChannelKind::Slack | ChannelKind::Teams => 96,
        ChannelKind::Webhook => 128,
    }
}
/// Slots that become free within this time are filled by one statement: with many messages that wait, one is slow.
const GATHERED: Duration = Duration::from_millis(10);
/// How often is judged what comes with time alone.
const CLOCK_EVERY: Duration = Duration::from_secs(20);
/// How often is measured what reads the runs of a month.
const MONTH_EVERY: Duration = Duration::from_mins(10);

/// Runs until the service stops; then the messages that are on their way are waited for.
pub(crate) async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let mut ticks = interval(Duration::from_millis(app.config.channels.alerts_ms));
    let mut clock_ticks = interval(CLOCK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    clock_ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut month_ticks = interval(MONTH_EVERY);
    let outbox = Outbox::default();
    loop {
        let done = select! {
            _ = ticks.tick() => tell(&app, &outbox).await,
            () = outbox.freed.notified() => {
                sleep(GATHERED).await;
                send_due(&app, &outbox).await
            }
            _ = clock_ticks.tick() => check_clock(&app, db::now()).await,
            _ = month_ticks.tick() => measure_month(&app, db::now()).await,
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
    slots: HashMap<ChannelKind, Arc<Semaphore>>,
    sending: TaskTracker,
    /// A slot is free again.
    freed: Arc<Notify>,
}

impl Default for Outbox {
    fn default() -> Self {
        let slots = |kind| (kind, Arc::new(Semaphore::new(slots(kind))));
        let slots = ChannelKind::ALL.map(slots).into_iter().collect();
        Self { slots, sending: TaskTracker::new(), freed: Arc::default() }
    }
}

/// Judges what comes with time alone, at `now`.
pub async fn check_clock(app: &App, now: Time) -> anyhow::Result<()> {
    ledger::note(&app.db, now).await?;
    clock::judge(&app.db, now).await?;
    measure(&mut app.db.read().await?, now).await
}

/// Measures what reads the runs of a month before `now`.
pub async fn measure_month(app: &App, now: Time) -> anyhow::Result<()> {
    Ok(age::measure(&app.db, now).await?)
}

/// Sets the gauges of messages that wait.
async fn measure(tx: &mut ReadHandle, now: Time) -> anyhow::Result<()> {
    let age = |since: Option<Time>| since.map_or(0, |since| (now - since).num_seconds().max(0));
    let waiting: HashMap<_, _> = store_backlog::waiting_since(tx).await?.into_iter().collect();
    for kind in ChannelKind::ALL {
        let waited = age(waiting.get(&kind).copied());
        gauge!(measures::OLDEST_DELIVERY, "kind" => kind.word()).set(measures::gauge_value(waited));
    }
    let (_, due) = store_backlog::backlog(tx, now).await?;
    gauge!(measures::DELIVERY_OVERDUE).set(measures::gauge_value(age(due)));
    Ok(())
}

/// Judges what has left a mark, and sends what is due.
async fn tell(app: &Arc<App>, outbox: &Outbox) -> anyhow::Result<()> {
    judge::judge_due(&app.db, db::now()).await?;
    send_due(app, outbox).await?;
    app.life.notifier.give(db::now());
    Ok(())
}

/// Sends what is due, as far as slots of its kind are free. On an engine with one writer nothing is written when
/// nothing is due.
async fn send_due(app: &Arc<App>, outbox: &Outbox) -> anyhow::Result<()> {
    let now = db::now();
    let kinds = store_deliveries::kinds_due(&mut app.db.read().await?, now).await?;
    for kind in kinds {
        let Some(slots) = outbox.slots.get(&kind) else { continue };
        let free = i64::try_from(slots.available_permits())?;
        if free > 0 {
            for (channel, delivery) in claim(app, kind, free, now).await? {
                spawn(app, outbox, slots.clone().acquire_owned().await?, channel, delivery);
            }
        }
    }
    Ok(())
}

fn spawn(
    app: &Arc<App>,
    outbox: &Outbox,
    slot: OwnedSemaphorePermit,
    channel: Arc<Channel>,
    delivery: Delivery,
) {
    let (app, freed) = (app.clone(), outbox.freed.clone());
    outbox.sending.spawn(async move {
        send_one(&app, &channel, &delivery).await;
        drop(slot);
        freed.notify_one();
    });
}

/// Claims messages with their channels.
async fn claim(
    app: &App,
    kind: ChannelKind,
    most: i64,
    now: Time,
) -> anyhow::Result<Vec<(Arc<Channel>, Delivery)>> {
    let mut tx = app.db.write().await?;
    let claimed = store_deliveries::claim(&mut tx, kind, now, LEASE, most).await?;
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
