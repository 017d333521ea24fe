//! SQL of the marks in the table `connections`: which connections changed in a way that may open or end an alert.

use sqlx::Result;

use super::connection::Connection;
use crate::db::{ReadHandle, WriteHandle};
use crate::names::ConnectionId;
use crate::sql;

/// Connections with a mark, the oldest first.
pub(crate) async fn due(tx: &mut ReadHandle, limit: i64) -> Result<Vec<ConnectionId>> {
    sql!(tx, |db| {
        sqlx::query_scalar("SELECT id FROM connections WHERE alerts_due ORDER BY id LIMIT $1")
            .bind(limit)
            .fetch_all(db)
            .await
    })
}

/// Takes the mark of a connection; `None`: another process has taken it.
pub(crate) async fn take(tx: &mut WriteHandle, id: ConnectionId) -> Result<Option<Connection>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "UPDATE connections SET alerts_due = FALSE WHERE id = $1 AND alerts_due RETURNING *",
        )
        .bind(id)
        .fetch_optional(db)
        .await
    })
}
