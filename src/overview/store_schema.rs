//! SQL that reads which migrations the database has.

use sqlx::Result;

use crate::db::ReadHandle;
use crate::sql;

/// Their numbers, in order.
pub async fn migrations(tx: &mut ReadHandle) -> Result<Vec<i64>> {
    sql!(tx, |db| {
        sqlx::query_scalar("SELECT version FROM _sqlx_migrations ORDER BY version")
            .fetch_all(db)
            .await
    })
}
