//! SQL of the table `exports`: which exports send to a list.

use sqlx::Result;

use super::list_id::ListId;
use crate::db::{ReadHandle, Time};
use crate::names::ExportId;
use crate::sql;

/// The migration since which baselines are kept.
const BASELINES: i64 = 11;

/// The exports to a list, of every instance, in the order of their ids.
pub(crate) async fn exports_to(tx: &mut ReadHandle, list: &ListId) -> Result<Vec<ExportId>> {
    sql!(tx, |db| {
        sqlx::query_scalar("SELECT id FROM exports WHERE list_id = $1 ORDER BY id")
            .bind(list)
            .fetch_all(db)
            .await
    })
}

/// Whether an export is older than its baselines: then it may have sent people of whom no run is kept any more.
pub(crate) async fn is_older_than_baselines(tx: &mut ReadHandle, export: ExportId) -> Result<bool> {
    let times: Option<(Time, Time)> = sql!(tx, |db| {
        sqlx::query_as(
            "SELECT exports.created_utc, _sqlx_migrations.installed_on FROM exports, _sqlx_migrations
             WHERE exports.id = $1 AND _sqlx_migrations.version = $2",
        )
        .bind(export)
        .bind(BASELINES)
        .fetch_optional(db)
        .await
    })?;
    Ok(times.is_some_and(|(created, since)| created < since))
}
