//! SQL of the table `baselines`.

use sqlx::Result;
use sqlx::types::Json;
use uuid::Uuid;

use super::baseline::Baseline;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::ExportId;
use crate::sql;
use crate::storage::OwnObject;

/// The baseline of an export on a list; `None` before its first run.
pub async fn get(tx: &mut ReadHandle, export: ExportId, list: &str) -> Result<Option<Baseline>> {
    sql!(tx, |db| {
        sqlx::query_as("SELECT * FROM baselines WHERE export_id = $1 AND list_id = $2")
            .bind(export)
            .bind(list)
            .fetch_optional(db)
            .await
    })
}

/// The baselines of all exports to a list, of every instance, in the order of exports.
pub async fn of_list(tx: &mut ReadHandle, list: &str) -> Result<Vec<Baseline>> {
    sql!(tx, |db| {
        sqlx::query_as("SELECT * FROM baselines WHERE list_id = $1 ORDER BY export_id")
            .bind(list)
            .fetch_all(db)
            .await
    })
}

/// The baselines of all exports of an instance, also those to lists that an export had before.
pub async fn of_instance(tx: &mut ReadHandle, instance: Uuid) -> Result<Vec<Baseline>> {
    sql!(tx, |db| {
        sqlx::query_as("SELECT * FROM baselines WHERE instance_id = $1 ORDER BY export_id, list_id")
            .bind(instance)
            .fetch_all(db)
            .await
    })
}

/// The objects of all baselines of an export, also of the versions before.
pub(crate) async fn objects_of_export(
    tx: &mut ReadHandle,
    export: ExportId,
) -> Result<Vec<OwnObject>> {
    let named: Vec<Json<Vec<OwnObject>>> = sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT layers FROM baselines WHERE export_id = $1
             UNION ALL SELECT previous FROM baselines WHERE export_id = $1",
        )
        .bind(export)
        .fetch_all(db)
        .await
    })?;
    Ok(named.into_iter().flat_map(|objects| objects.0).collect())
}

/// Stores the next version of a baseline. False when the stored one is not the one that it was made from, or when the
/// export has been removed: then this one never counts.
pub async fn replace(tx: &mut WriteHandle, next: &Baseline, now: Time) -> Result<bool> {
    let stored = if next.version == 0 {
        insert(tx, next, now).await?
    } else {
        update(tx, next, now).await?
    };
    Ok(stored == 1)
}

async fn insert(tx: &mut WriteHandle, next: &Baseline, now: Time) -> Result<u64> {
    sql!(tx, |db| {
        sqlx::query(
            "INSERT INTO baselines (export_id, list_id, instance_id, seed, fingerprint, version, layers, previous,
                 members, run_id, updated_utc, list_emptied)
             SELECT $1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10, $11 FROM exports WHERE id = $1
             ON CONFLICT (export_id, list_id) DO NOTHING",
        )
        .bind(next.export_id)
        .bind(&next.list_id)
        .bind(next.instance_id)
        .bind(next.seed)
        .bind(&next.fingerprint)
        .bind(&next.layers)
        .bind(Json::<[OwnObject; 0]>([]))
        .bind(next.members)
        .bind(next.run_id)
        .bind(now)
        .bind(next.list_emptied)
        .execute(db)
        .await
        .map(|done| done.rows_affected())
    })
}

async fn update(tx: &mut WriteHandle, next: &Baseline, now: Time) -> Result<u64> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE baselines SET fingerprint = $4, version = version + 1, previous = layers, layers = $5,
                 members = $6, run_id = $7, updated_utc = $8, list_emptied = $9, settled = NULL
             WHERE export_id = $1 AND list_id = $2 AND version = $3",
        )
        .bind(next.export_id)
        .bind(&next.list_id)
        .bind(next.version)
        .bind(&next.fingerprint)
        .bind(&next.layers)
        .bind(next.members)
        .bind(next.run_id)
        .bind(now)
        .bind(next.list_emptied)
        .execute(db)
        .await
        .map(|done| done.rows_affected())
    })
}

/// Notes for every export to the list that somebody emptied it.
pub async fn note_emptied(tx: &mut WriteHandle, list: &str) -> Result<()> {
    let update = "UPDATE baselines SET list_emptied = TRUE WHERE list_id = $1";
    sql!(tx, |db| sqlx::query(update).bind(list).execute(db).await.map(drop))
}

/// The objects of an instance that somebody may read: those of its baselines, and those of the versions before that
/// were replaced since this time.
pub(crate) async fn objects(
    tx: &mut ReadHandle,
    instance: Uuid,
    since: Time,
) -> Result<Vec<Json<Vec<OwnObject>>>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT layers FROM baselines WHERE instance_id = $1
             UNION ALL SELECT previous FROM baselines WHERE instance_id = $1 AND updated_utc >= $2",
        )
        .bind(instance)
        .bind(since)
        .fetch_all(db)
        .await
    })
}
