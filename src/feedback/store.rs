//! SQL of the table `readmissions`.

use sqlx::Result;
use uuid::Uuid;

use super::readmission::{Readmission, ReadmissionId};
use crate::db::{ReadHandle, WriteHandle};
use crate::names::ExportId;
use crate::sql;

/// Adds one, or renews the one of the same person.
pub async fn put(tx: &mut WriteHandle, new: &Readmission) -> Result<Readmission> {
    sql!(tx, |db| {
        sqlx::query_as(
            "INSERT INTO readmissions (id, instance_id, export_id, email, reason, created_by, created_utc)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (export_id, email) DO UPDATE SET reason = excluded.reason, created_by = excluded.created_by,
                 created_utc = excluded.created_utc RETURNING *",
        )
        .bind(new.id)
        .bind(new.instance_id)
        .bind(new.export_id)
        .bind(&new.email)
        .bind(&new.reason)
        .bind(&new.created_by)
        .bind(new.created_utc)
        .fetch_one(db)
        .await
    })
}

/// Those of an export, newest first.
pub async fn list(
    tx: &mut ReadHandle,
    export: ExportId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Readmission>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT * FROM readmissions WHERE export_id = $1 AND ($2 IS NULL OR id < $2)
             ORDER BY id DESC LIMIT $3",
        )
        .bind(export)
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await
    })
}

/// Removes one of an export; `None` when there is none.
pub async fn remove(
    tx: &mut WriteHandle,
    export: ExportId,
    id: ReadmissionId,
) -> Result<Option<Readmission>> {
    sql!(tx, |db| {
        sqlx::query_as("DELETE FROM readmissions WHERE export_id = $1 AND id = $2 RETURNING *")
            .bind(export)
            .bind(id)
            .fetch_optional(db)
            .await
    })
}

/// Those of all exports of an instance, after one of them.
pub async fn of_instance(
    tx: &mut ReadHandle,
    instance: Uuid,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Readmission>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT * FROM readmissions WHERE instance_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .bind(instance)
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await
    })
}
