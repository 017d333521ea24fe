//! Sends a message that this process has claimed, and writes what came of it.

use std::time::Duration;

use chrono::TimeDelta;
use metrics::counter;
use serde_json::json;

use super::attempt::{Attempt, TryVerdict, attempt};
use super::channel::{Channel, ChannelKind};
use super::delivery::{Delivery, DeliveryStatus};
use super::retry::next_pause;
use super::store_deliveries::{self, TryResult};
use super::{store, store_failures};
use crate::app::App;
use crate::audit::{self, Action, Author, Change, SystemActor};
use crate::db::{self, Time, WriteHandle};
use crate::telemetry::measures;

/// How long a process has a message that it sends: longer than a try takes.
pub const LEASE: Duration = Duration::from_mins(2);
/// A channel that has accepted nothing for so long when the last try of a message fails is switched off. The ten tries
/// of a message take 75 hours.
const DEAD_AFTER: TimeDelta = TimeDelta::hours(72);

/// Tries once. A message that another process has claimed meanwhile is left to it.
pub async fn send(app: &App, channel: &Channel, delivery: &Delivery) -> sqlx::Result<Attempt> {
    let tried = attempt(&app.outbound, &app.keys, channel, delivery, db::now()).await;
    let now = db::now();
    let mut tx = app.db.write().await?;
    let result = result(channel, delivery, &tried, now);
    if store_deliveries::settle(&mut tx, delivery, &result, now).await? {
        follow_up(&mut tx, channel, delivery, (&tried, result.status), now).await?;
    }
    tx.commit().await?;
    count(channel, &tried);
    Ok(tried)
}

/// Notes whether the channel accepts messages, and switches off one that does not any more. What is sent by e-mail may
/// fail because of the mail server of the operator, so that is never a reason. A channel that is switched off already
/// is only tested: it still tells nobody.
async fn follow_up(
    tx: &mut WriteHandle,
    channel: &Channel,
    delivery: &Delivery,
    (tried, status): (&Attempt, DeliveryStatus),
    now: Time,
) -> sqlx::Result<()> {
    let recipient = delivery.recipient.as_deref().unwrap_or_default();
    // Somebody may have switched it off meanwhile, or taken the address out.
    let now_is = store::get(tx, channel.instance_id, channel.id).await?;
    if now_is.is_none_or(|channel| channel.disabled_utc.is_some() || !channel.sends_to(recipient)) {
        return Ok(());
    }
    let Attempt::Failed { verdict, detail, .. } = tried else {
        return store_failures::end(tx, channel.id, recipient).await;
    };
    let since = store_failures::begin(tx, channel.id, recipient, now).await?;
    let is_last = status == DeliveryStatus::Failed && channel.kind != ChannelKind::Email;
    if *verdict == TryVerdict::Gone {
        disable(tx, channel, detail, now).await?;
    } else if is_last && now - since >= DEAD_AFTER {
        let why = format!("no message was accepted for three days; at last {detail}");
        disable(tx, channel, &why, now).await?;
    }
    Ok(())
}

async fn disable(
    tx: &mut WriteHandle,
    channel: &Channel,
    why: &str,
    now: Time,
) -> sqlx::Result<()> {
    if store::disable(tx, channel.id, why, now).await? {
        let author = Author::system(channel.instance_id, SystemActor::Notifier);
        let change = Change::done(channel, &json!({"disabledBecause": why}));
        audit::record(tx, &author, Action::ChannelDisable, change).await?;
        let given_up = store_deliveries::give_up(tx, channel.id, why).await?;
        tracing::warn!(channel.id = %channel.id.0, why, given_up, "nothing more is sent to a channel");
    }
    Ok(())
}

/// What is written of a try. A test of a channel that is switched off is tried once.
fn result<'a>(
    channel: &Channel,
    delivery: &Delivery,
    tried: &'a Attempt,
    now: Time,
) -> TryResult<'a> {
    match tried {
        Attempt::Delivered { status } => TryResult {
            status: DeliveryStatus::Delivered,
            next: now,
            http_status: *status,
            detail: None,
        },
        Attempt::Failed { status, detail, retry_after, verdict } => {
            let pause = next_pause(delivery.attempts, *retry_after, rand::random())
                .filter(|_| *verdict == TryVerdict::Retry && channel.disabled_utc.is_none());
            TryResult {
                status: pause.map_or(DeliveryStatus::Failed, |_| DeliveryStatus::Pending),
                next: now + pause.unwrap_or_default(),
                http_status: *status,
                detail: Some(detail),
            }
        }
    }
}

fn count(channel: &Channel, tried: &Attempt) {
    let outcome = match tried {
        Attempt::Delivered { .. } => "delivered",
        Attempt::Failed { verdict: TryVerdict::Retry, .. } => "failed",
        Attempt::Failed { .. } => "givenUp",
    };
    counter!(measures::DELIVERIES, "outcome" => outcome).increment(1);
    let id = channel.id.0;
    match tried {
        Attempt::Delivered { .. } => tracing::debug!(channel.id = %id, "a message was delivered"),
        Attempt::Failed { detail, .. } => {
            tracing::info!(channel.id = %id, detail, "a message was not accepted");
        }
    }
}
