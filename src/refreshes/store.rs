//! SQL of the table `refreshes`.

use sqlx::Result;
use sqlx::types::Json;
use uuid::Uuid;

use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::RefreshId;
use crate::runs::started::RunsView;
use crate::sql;

/// A refresh that was reported, as it is stored. The columns are explained in the migration.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(clippy::struct_field_names, reason = "the column has this name")]
pub struct Refresh {
    pub instance_id: Uuid,
    pub refresh_id: RefreshId,
    pub runs: Json<RunsView>,
    pub received_by: String,
    pub received_utc: Time,
}

/// Adds a refresh before its runs are known. False: it was reported before.
pub async fn insert(
    tx: &mut WriteHandle,
    instance: Uuid,
    id: &RefreshId,
    by: &str,
    now: Time,
) -> Result<bool> {
    let done = sql!(tx, |db| sqlx::query(
        "INSERT INTO refreshes (instance_id, refresh_id, runs, received_by, received_utc)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
    )
    .bind(instance)
    .bind(id)
    .bind(Json(RunsView::default()))
    .bind(by)
    .bind(now)
    .execute(db)
    .await?
    .rows_affected());
    Ok(done == 1)
}

/// The runs that a refresh started and skipped.
pub async fn keep(
    tx: &mut WriteHandle,
    instance: Uuid,
    id: &RefreshId,
    runs: &RunsView,
) -> Result<()> {
    sql!(tx, |db| sqlx::query(
        "UPDATE refreshes SET runs = $3 WHERE instance_id = $1 AND refresh_id = $2"
    )
    .bind(instance)
    .bind(id)
    .bind(Json(runs))
    .execute(db)
    .await
    .map(drop))
}

pub async fn get(tx: &mut ReadHandle, instance: Uuid, id: &RefreshId) -> Result<Refresh> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT * FROM refreshes WHERE instance_id = $1 AND refresh_id = $2"
    )
    .bind(instance)
    .bind(id)
    .fetch_one(db)
    .await)
}

/// Removes at most `limit` refreshes that were reported before `before`, and returns how many.
pub async fn remove_expired(tx: &mut WriteHandle, before: Time, limit: i64) -> Result<u64> {
    sql!(tx, |db| sqlx::query(
        "DELETE FROM refreshes WHERE (instance_id, refresh_id) IN
         (SELECT instance_id, refresh_id FROM refreshes WHERE received_utc < $1 LIMIT $2)"
    )
    .bind(before)
    .bind(limit)
    .execute(db)
    .await
    .map(|done| done.rows_affected()))
}
