//! SQL of the tables `exports` and `runs`: which exports send to a list, and by which run they did so last.

use sqlx::Result;

use crate::db::ReadHandle;
use crate::exports::ListId;
use crate::names::{ExportId, RunId};
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

/// The newest run of an export, before this one, that sent somebody to the list.
pub(crate) async fn last_sender(
    tx: &mut ReadHandle,
    export: ExportId,
    list: &ListId,
    before: Option<RunId>,
) -> Result<Option<RunId>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT id FROM runs WHERE export_id = $1 AND list_id = $2 AND ($3 IS NULL OR id < $3)
                 AND created + updated + rejected + in_doubt > 0
             ORDER BY id DESC LIMIT 1",
        )
        .bind(export)
        .bind(list)
        .bind(before)
        .fetch_optional(db)
        .await
    })
}
