//! SQL of the marks in the table `runs`: which runs changed in a way that may open or end an alert.

use sqlx::Result;

use super::run::Run;
use crate::db::{ReadHandle, WriteHandle};
use crate::names::RunId;
use crate::sql;

/// Runs with a mark, the oldest first.
pub(crate) async fn due(tx: &mut ReadHandle, limit: i64) -> Result<Vec<RunId>> {
    sql!(tx, |db| {
        sqlx::query_scalar("SELECT id FROM runs WHERE alerts_due ORDER BY id LIMIT $1")
            .bind(limit)
            .fetch_all(db)
            .await
    })
}

/// Takes the mark of a run; `None`: another process has taken it.
pub(crate) async fn take(tx: &mut WriteHandle, id: RunId) -> Result<Option<Run>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "UPDATE runs SET alerts_due = FALSE WHERE id = $1 AND alerts_due RETURNING *",
        )
        .bind(id)
        .fetch_optional(db)
        .await
    })
}
