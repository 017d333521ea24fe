//! SQL of the table `deliveries`: the outbox, and the log of what was sent.

use std::time::Duration;

use sqlx::Result;
use uuid::Uuid;

use super::channel::{Channel, ChannelKind};
use super::delivery::{Delivery, DeliveryId, DeliveryStatus};
use super::notice::Notice;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::ChannelId;
use crate::sql;

/// Messages of one channel that are tried at a time, in all processes: a receiver that does not answer does not keep
/// the other channels waiting.
const PER_CHANNEL: i64 = 8;
/// The same of one instance and one kind: its receivers do not keep those of other instances waiting.
const PER_INSTANCE: i64 = 32;
/// As many more, of channels of which none is being tried: receivers of an instance that do not answer do not keep its
/// other ones waiting.
const PER_INSTANCE_FIRST: i64 = 64;

/// Adds a message to the outbox, in the transaction that causes it: one for each recipient. Due at once, or held for
/// this long by who tries at once.
pub async fn enqueue(
    tx: &mut WriteHandle,
    channel: &Channel,
    notice: &Notice,
    held_for: Option<Duration>,
    now: Time,
) -> Result<Vec<Delivery>> {
    let body = serde_json::to_string(notice).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let mut added = Vec::new();
    for recipient in recipients(channel) {
        added.push(insert(tx, channel, notice, &body, recipient, (held_for, now)).await?);
    }
    Ok(added)
}

fn recipients(channel: &Channel) -> Vec<Option<&str>> {
    match channel.kind {
        ChannelKind::Email => channel.recipients.to.iter().map(|to| Some(to.as_str())).collect(),
        ChannelKind::Slack | ChannelKind::Teams | ChannelKind::Webhook => vec![None],
    }
}

async fn insert(
    tx: &mut WriteHandle,
    channel: &Channel,
    notice: &Notice,
    body: &str,
    recipient: Option<&str>,
    (held_for, now): (Option<Duration>, Time),
) -> Result<Delivery> {
    sql!(tx, |db| {
        sqlx::query_as(
            "INSERT INTO deliveries (id, instance_id, channel_id, alert_id, event, recipient, body, status, attempts,
                 next_utc, lease_until, created_utc)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, $10, $9) RETURNING *",
        )
        .bind(DeliveryId(Uuid::now_v7()))
        .bind(channel.instance_id)
        .bind(channel.id)
        .bind(notice.data.alert_id)
        .bind(notice.r#type.word())
        .bind(recipient)
        .bind(body)
        .bind(i32::from(held_for.is_some()))
        .bind(now)
        .bind(held_for.map(|time| now + time))
        .fetch_one(db)
        .await
    })
}

/// The kinds of channels for which something is due and not being tried.
pub async fn kinds_due(tx: &mut ReadHandle, now: Time) -> Result<Vec<ChannelKind>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT DISTINCT channels.kind FROM deliveries JOIN channels ON channels.id = deliveries.channel_id
             WHERE deliveries.status = 'pending' AND deliveries.next_utc <= $1
                 AND (deliveries.lease_until IS NULL OR deliveries.lease_until < $1)",
        )
        .bind(now)
        .fetch_all(db)
        .await
    })
}

/// Claims messages of a kind that are due, the oldest first, and few of each channel and of each instance: for so long
/// nobody else tries them. A later message about an alert waits for the one before: “resolved” never comes before
/// “failed”. One whose process was killed is claimed by another one later.
pub async fn claim(
    tx: &mut WriteHandle,
    kind: ChannelKind,
    now: Time,
    lease: Duration,
    limit: i64,
) -> Result<Vec<Delivery>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "UPDATE deliveries SET lease_until = $2, attempts = attempts + 1 WHERE id IN (
                 SELECT id FROM (SELECT id, next_utc, lease_until, of_channel, ROW_NUMBER() OVER (
                     PARTITION BY instance_id
                     ORDER BY CASE WHEN lease_until >= $1 THEN 0 ELSE 1 END, of_channel, next_utc, id) AS of_instance
                 FROM (
                     SELECT message.id, message.instance_id, message.next_utc, message.lease_until, ROW_NUMBER() OVER (
                         PARTITION BY message.channel_id
                         ORDER BY CASE WHEN message.lease_until >= $1 THEN 0 ELSE 1 END, message.next_utc, message.id)
                         AS of_channel
                     FROM deliveries AS message JOIN channels ON channels.id = message.channel_id
                     WHERE channels.kind = $6 AND message.status = 'pending' AND message.next_utc <= $1
                         AND (message.alert_id IS NULL OR NOT EXISTS (
                         SELECT 1 FROM deliveries AS earlier
                         WHERE earlier.alert_id = message.alert_id AND earlier.channel_id = message.channel_id
                             AND COALESCE(earlier.recipient, '') = COALESCE(message.recipient, '')
                             AND earlier.status = 'pending' AND earlier.id < message.id))) AS waiting
                 WHERE of_channel <= $3) AS few
                 WHERE (of_instance <= $5 OR (of_channel = 1 AND of_instance <= $7))
                     AND (lease_until IS NULL OR lease_until < $1)
                 ORDER BY next_utc, id LIMIT $4)
               AND status = 'pending' AND (lease_until IS NULL OR lease_until < $1)
             RETURNING *",
        )
        .bind(now)
        .bind(now + lease)
        .bind(PER_CHANNEL)
        .bind(limit)
        .bind(PER_INSTANCE)
        .bind(kind)
        .bind(PER_INSTANCE_FIRST)
        .fetch_all(db)
        .await
    })
}

/// What is written after a try.
#[derive(Clone, Debug)]
pub struct TryResult<'a> {
    pub status: DeliveryStatus,
    /// When the next one is due, of a message that waits.
    pub next: Time,
    pub http_status: Option<u16>,
    pub detail: Option<&'a str>,
}

/// Writes what came of the try with this number. False: another process has tried meanwhile, or it was sent anew.
pub async fn settle(
    tx: &mut WriteHandle,
    delivery: &Delivery,
    result: &TryResult<'_>,
    now: Time,
) -> Result<bool> {
    let is_delivered = result.status == DeliveryStatus::Delivered;
    let done = sql!(tx, |db| {
        sqlx::query(
            "UPDATE deliveries SET status = $3, next_utc = $4, http_status = $5, detail = $6, attempted_utc = $7,
                 delivered_utc = $8, lease_until = NULL
             WHERE id = $1 AND attempts = $2 AND status = 'pending'",
        )
        .bind(delivery.id)
        .bind(delivery.attempts)
        .bind(result.status)
        .bind(result.next)
        .bind(result.http_status.map(i32::from))
        .bind(result.detail)
        .bind(now)
        .bind(is_delivered.then_some(now))
        .execute(db)
        .await?
        .rows_affected()
    });
    Ok(done == 1)
}

/// Gives up whatever waits for a channel to which nothing is sent any more.
pub async fn give_up(tx: &mut WriteHandle, channel: ChannelId, why: &str) -> Result<u64> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE deliveries SET status = 'failed', detail = $2, lease_until = NULL
             WHERE channel_id = $1 AND status = 'pending'",
        )
        .bind(channel)
        .bind(why)
        .execute(db)
        .await
        .map(|done| done.rows_affected())
    })
}

/// The same for one address of a channel.
pub async fn give_up_at(
    tx: &mut WriteHandle,
    channel: ChannelId,
    recipient: &str,
    why: &str,
) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE deliveries SET status = 'failed', detail = $3, lease_until = NULL
             WHERE channel_id = $1 AND recipient = $2 AND status = 'pending'",
        )
        .bind(channel)
        .bind(recipient)
        .bind(why)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Messages of a channel, newest first.
pub async fn list(
    tx: &mut ReadHandle,
    channel: ChannelId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Delivery>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT * FROM deliveries WHERE channel_id = $1 AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
    )
    .bind(channel)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await
    })
}

pub async fn get(
    tx: &mut ReadHandle,
    channel: ChannelId,
    id: DeliveryId,
) -> Result<Option<Delivery>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM deliveries WHERE channel_id = $1 AND id = $2")
        .bind(channel)
        .bind(id)
        .fetch_optional(db)
        .await)
}

/// Makes a message due at once, with all its tries before it. `None`: a process tries it now.
pub async fn resend(tx: &mut WriteHandle, id: DeliveryId, now: Time) -> Result<Option<Delivery>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "UPDATE deliveries SET status = 'pending', attempts = 0, next_utc = $2, lease_until = NULL,
                 delivered_utc = NULL, resent_utc = $2
             WHERE id = $1 AND (lease_until IS NULL OR lease_until < $2) RETURNING *",
        )
        .bind(id)
        .bind(now)
        .fetch_optional(db)
        .await
    })
}

/// Removes at most `most` messages that were made before this time and wait no more, and returns how many.
pub async fn remove_expired(tx: &mut WriteHandle, before: Time, most: i64) -> Result<u64> {
    sql!(tx, |db| {
        sqlx::query(
            "DELETE FROM deliveries WHERE id IN (
                 SELECT id FROM deliveries WHERE status <> 'pending' AND created_utc < $1
                 ORDER BY created_utc LIMIT $2)",
        )
        .bind(before)
        .bind(most)
        .execute(db)
        .await
        .map(|done| done.rows_affected())
    })
}
