//! SQL of the table `channel_failures`: since when a channel, or an address of it, accepts nothing.

use sqlx::Result;
use uuid::Uuid;

use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::ChannelId;
use crate::sql;

/// A channel that accepts nothing, or an e-mail channel of which some addresses do not.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct FailingChannel {
    pub channel_id: ChannelId,
    pub instance_id: Uuid,
    /// Since when the first of them does not.
    pub since_utc: Time,
    /// How many addresses; 1 of a channel of another kind.
    pub addresses: i64,
}

/// Every one, in all instances.
pub async fn all(tx: &mut ReadHandle) -> Result<Vec<FailingChannel>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT channels.id AS channel_id, channels.instance_id, MIN(failures.since_utc) AS since_utc,
                 COUNT(*) AS addresses
             FROM channel_failures AS failures JOIN channels ON channels.id = failures.channel_id
             GROUP BY channels.id, channels.instance_id",
        )
        .fetch_all(db)
        .await
    })
}

/// Notes that a try failed, and returns since when nothing is accepted there.
pub async fn begin(
    tx: &mut WriteHandle,
    channel: ChannelId,
    recipient: &str,
    now: Time,
) -> Result<Time> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "INSERT INTO channel_failures (channel_id, recipient, since_utc) VALUES ($1, $2, $3)
             ON CONFLICT (channel_id, recipient) DO UPDATE SET since_utc = channel_failures.since_utc
             RETURNING since_utc",
        )
        .bind(channel)
        .bind(recipient)
        .bind(now)
        .fetch_one(db)
        .await
    })
}

/// Notes that a message was accepted, or that nothing is sent there any more. `recipient` is empty unless the channel
/// sends e-mail.
pub async fn end(tx: &mut WriteHandle, channel: ChannelId, recipient: &str) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query("DELETE FROM channel_failures WHERE channel_id = $1 AND recipient = $2")
            .bind(channel)
            .bind(recipient)
            .execute(db)
            .await
            .map(drop)
    })
}

/// Forgets what failed, because somebody has changed where the channel leads, or switched it on or off.
pub async fn forget(tx: &mut WriteHandle, channel: ChannelId) -> Result<()> {
    sql!(tx, |db| sqlx::query("DELETE FROM channel_failures WHERE channel_id = $1")
        .bind(channel)
        .execute(db)
        .await
        .map(drop))
}
