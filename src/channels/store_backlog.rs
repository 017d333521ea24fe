//! SQL that says how long messages wait, over all instances.

use sqlx::Result;

use super::channel::ChannelKind;
use crate::db::{ReadHandle, Time};
use crate::sql;

/// Since when the oldest message of each kind waits that was not accepted yet, whether its next try is due or not.
pub async fn waiting_since(tx: &mut ReadHandle) -> Result<Vec<(ChannelKind, Time)>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT channels.kind, MIN(COALESCE(deliveries.resent_utc, deliveries.created_utc))
             FROM deliveries JOIN channels ON channels.id = deliveries.channel_id
             WHERE deliveries.status = 'pending' GROUP BY channels.kind",
        )
        .fetch_all(db)
        .await
    })
}

/// How many messages are due, and since when the first of them is. One that waits for an earlier message about its
/// alert is not due.
pub async fn backlog(tx: &mut ReadHandle, now: Time) -> Result<(i64, Option<Time>)> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT COUNT(*), MIN(next_utc) FROM deliveries AS message WHERE status = 'pending' AND next_utc <= $1
                 AND (alert_id IS NULL OR NOT EXISTS (
                     SELECT 1 FROM deliveries AS earlier
                     WHERE earlier.alert_id = message.alert_id AND earlier.channel_id = message.channel_id
                         AND COALESCE(earlier.recipient, '') = COALESCE(message.recipient, '')
                         AND earlier.status = 'pending' AND earlier.id < message.id))",
        )
        .bind(now)
        .fetch_one(db)
        .await
    })
}
