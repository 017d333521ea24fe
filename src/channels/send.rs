//! Sends a message that this process has claimed, and writes what came of it.

use std::time::Duration;

use metrics::counter;
use serde_json::json;

use super::attempt::{Attempt, TryVerdict, attempt};
use super::channel::Channel;
use super::delivery::{Delivery, DeliveryStatus};
use super::retry::next_pause;
use super::store;
use super::store_deliveries::{self, TryResult};
use crate::app::App;
use crate::audit::{self, Action, Author, Change, SystemActor};
use crate::db::{self, Time, WriteHandle};
use crate::telemetry::measures;

/// How long a process has a message that it sends: longer than a try takes.
pub const LEASE: Duration = Duration::from_mins(2);

/// Tries once. A message that another process has claimed meanwhile is left to it.
pub async fn send(app: &App, channel: &Channel, delivery: &Delivery) -> sqlx::Result<Attempt> {
    let tried = attempt(&app.outbound, &app.keys, channel, delivery, db::now()).await;
    let now = db::now();
    let mut tx = app.db.write().await?;
    let is_ours =
        store_deliveries::settle(&mut tx, delivery, &result(delivery, &tried, now), now).await?;
    if is_ours && let Attempt::Failed { verdict: TryVerdict::Gone, detail, .. } = &tried {
        disable(&mut tx, channel, detail, now).await?;
    }
    tx.commit().await?;
    count(channel, &tried);
    Ok(tried)
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

/// What is written of a try.
fn result<'a>(delivery: &Delivery, tried: &'a Attempt, now: Time) -> TryResult<'a> {
    match tried {
        Attempt::Delivered { status } => TryResult {
            status: DeliveryStatus::Delivered,
            next: now,
            http_status: *status,
            detail: None,
        },
        Attempt::Failed { status, detail, retry_after, verdict } => {
            let pause = next_pause(delivery.attempts, *retry_after, rand::random())
                .filter(|_| *verdict == TryVerdict::Retry);
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
