//! SQL of the table `exports`: which exports send to a list.

use sqlx::Result;

use super::list_id::ListId;
use crate::db::ReadHandle;
use crate::names::ExportId;
use crate::sql;

/// The exports to a list, of every instance, in the order of their ids.
pub(crate) async fn exports_to(tx: &mut ReadHandle, list: &ListId) -> Result<Vec<ExportId>> {
    sql!(tx, |db| {
        sqlx::query_scalar("SELECT id FROM exports WHERE list_id = $1 ORDER BY id")
            .bind(list)
            .fetch_all(db)
            .await
    })
}
