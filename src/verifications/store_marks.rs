//! SQL of the marks in the table `verifications`: which of them ended, and may open or end an alert.

use sqlx::Result;

use super::verification::{ListVerification, VerificationId};
use crate::db::{ReadHandle, WriteHandle};
use crate::sql;

/// Verifications with a mark, the oldest first.
pub(crate) async fn due(tx: &mut ReadHandle, limit: i64) -> Result<Vec<VerificationId>> {
    sql!(tx, |db| {
        sqlx::query_scalar("SELECT id FROM verifications WHERE alerts_due ORDER BY id LIMIT $1")
            .bind(limit)
            .fetch_all(db)
            .await
    })
}

/// Takes the mark of a verification; `None`: another process has taken it.
pub(crate) async fn take(
    tx: &mut WriteHandle,
    id: VerificationId,
) -> Result<Option<ListVerification>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "UPDATE verifications SET alerts_due = FALSE WHERE id = $1 AND alerts_due RETURNING *",
        )
        .bind(id)
        .fetch_optional(db)
        .await
    })
}
