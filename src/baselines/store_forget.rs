//! SQL of the table `baselines`: for people who are erased from them.

use sqlx::Result;
use sqlx::types::Json;
use uuid::Uuid;

use super::baseline::Baseline;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::sql;
use crate::storage::OwnObject;

/// A baseline, with the objects of the version before.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct NamedObjects {
    /// As it is now.
    #[sqlx(flatten)]
    pub baseline: Baseline,
    /// What the version before named; others may still read it.
    pub previous: Json<Vec<OwnObject>>,
}

/// Every baseline of an instance.
pub async fn of_instance(tx: &mut ReadHandle, instance: Uuid) -> Result<Vec<NamedObjects>> {
    sql!(tx, |db| {
        sqlx::query_as("SELECT * FROM baselines WHERE instance_id = $1 ORDER BY export_id, list_id")
            .bind(instance)
            .fetch_all(db)
            .await
    })
}

/// Replaces the version that `next` was made from. `gone`: objects that are removed next; they stay named, so that who
/// finds one knows whose it was. False: it was replaced meanwhile, or a run has begun that may fold into it or read it.
pub async fn replace(
    tx: &mut WriteHandle,
    next: &Baseline,
    gone: &[OwnObject],
    now: Time,
) -> Result<bool> {
    let done = sql!(tx, |db| {
        sqlx::query(
            "UPDATE baselines SET version = version + 1, layers = $4, previous = $5, members = $6, updated_utc = $7,
                 settled = NULL
             WHERE export_id = $1 AND list_id = $2 AND version = $3 AND NOT EXISTS (
                 SELECT 1 FROM runs WHERE (runs.export_id = baselines.export_id AND status = 'queued'
                     AND start_utc IS NOT NULL) OR (runs.list_id = baselines.list_id AND status = 'running'))",
        )
        .bind(next.export_id)
        .bind(&next.list_id)
        .bind(next.version)
        .bind(&next.layers)
        .bind(Json(gone))
        .bind(next.members)
        .bind(now)
        .execute(db)
        .await?
        .rows_affected()
    });
    Ok(done == 1)
}
