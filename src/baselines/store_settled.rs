//! SQL of the table `baselines`: what the last run found that had nothing to do.

use serde_json::Value;
use sqlx::Result;
use sqlx::types::Json;

use super::baseline::Baseline;
use super::settled::Settled;
use crate::db::{ReadHandle, WriteHandle};
use crate::names::ExportId;
use crate::sql;

/// What was kept with this version of a baseline. `None` also of what another version of this program wrote.
pub async fn get(tx: &mut ReadHandle, baseline: &Baseline) -> Result<Option<Settled>> {
    let stored: Option<Json<Value>> = sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT settled FROM baselines
             WHERE export_id = $1 AND list_id = $2 AND settled IS NOT NULL",
        )
        .bind(baseline.export_id)
        .bind(&baseline.list_id)
        .fetch_optional(db)
        .await
    })?;
    let settled = stored.and_then(|kept| serde_json::from_value::<Settled>(kept.0).ok());
    Ok(settled.filter(|settled| settled.version == baseline.version))
}

/// Keeps it, unless the baseline was replaced meanwhile.
pub async fn put(
    tx: &mut WriteHandle,
    export: ExportId,
    list: &str,
    settled: &Settled,
) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE baselines SET settled = $4 WHERE export_id = $1 AND list_id = $2 AND version = $3",
        )
        .bind(export)
        .bind(list)
        .bind(settled.version)
        .bind(Json(settled))
        .execute(db)
        .await
        .map(drop)
    })
}
