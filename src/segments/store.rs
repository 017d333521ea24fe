//! SQL of the tables `segments` and `superseded_objects`.

use sqlx::Result;
use sqlx::types::Json;
use uuid::Uuid;

use super::segment::{Fields, Segment, SegmentId, SegmentName};
use super::source::SegmentSource;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::{DisplayName, ExportId};
use crate::sql;
use crate::storage::{Inspection, Manifest};

pub async fn get(
    tx: &mut ReadHandle,
    instance: Uuid,
    name: &SegmentName,
) -> Result<Option<Segment>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM segments WHERE instance_id = $1 AND name = $2")
        .bind(instance)
        .bind(name)
        .fetch_optional(db)
        .await)
}

/// How many the instance has.
pub async fn count(tx: &mut ReadHandle, instance: Uuid) -> Result<i64> {
    sql!(tx, |db| {
        sqlx::query_scalar("SELECT COUNT(*) FROM segments WHERE instance_id = $1")
            .bind(instance)
            .fetch_one(db)
            .await
    })
}

/// Locks the row: until the transaction ends, nobody else changes it.
pub async fn get_to_change(
    tx: &mut WriteHandle,
    instance: Uuid,
    name: &SegmentName,
) -> Result<Option<Segment>> {
    sql!(tx, |db| sqlx::query_as(
        "UPDATE segments SET version = version WHERE instance_id = $1 AND name = $2 RETURNING *"
    )
    .bind(instance)
    .bind(name)
    .fetch_optional(db)
    .await)
}

pub async fn get_by_id(tx: &mut ReadHandle, id: SegmentId) -> Result<Option<Segment>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM segments WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await)
}

/// Newest first.
pub async fn list(
    tx: &mut ReadHandle,
    instance: Uuid,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Segment>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT * FROM segments WHERE instance_id = $1 AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
    )
    .bind(instance)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await
    })
}

/// The segments of an export, in its order.
pub async fn of_export(tx: &mut ReadHandle, export: ExportId) -> Result<Vec<Segment>> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT segments.* FROM segments JOIN export_segments ON segment_id = segments.id
         WHERE export_id = $1 ORDER BY position"
    )
    .bind(export)
    .fetch_all(db)
    .await)
}

/// Adds a segment without members; a unique violation says that the name is in use.
pub async fn insert(
    tx: &mut WriteHandle,
    instance: Uuid,
    name: &SegmentName,
    display_name: &DisplayName,
    source: &SegmentSource,
    by: &str,
    now: Time,
) -> Result<Segment> {
    sql!(tx, |db| {
        sqlx::query_as(
        "INSERT INTO segments (id, instance_id, name, display_name, source, version, created_by, created_utc,
             updated_by, updated_utc, members_by)
         VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $6, $7, $6) RETURNING *"
    )
    .bind(Uuid::now_v7())
    .bind(instance)
    .bind(name)
    .bind(display_name)
    .bind(Json(source))
    .bind(by)
    .bind(now)
    .fetch_one(db)
    .await
    })
}

/// Without `keep_members` the members of the old source are forgotten.
pub async fn update(
    tx: &mut WriteHandle,
    id: SegmentId,
    display_name: &DisplayName,
    source: &SegmentSource,
    keep_members: bool,
    by: &str,
    now: Time,
) -> Result<Segment> {
    sql!(tx, |db| {
        sqlx::query_as(
        "UPDATE segments SET display_name = $2, source = $3,
             manifest = CASE WHEN $4 THEN manifest END, fields = CASE WHEN $4 THEN fields END,
             member_count = CASE WHEN $4 THEN member_count END, refreshed_utc = CASE WHEN $4 THEN refreshed_utc END,
             version = version + 1, updated_by = $5, updated_utc = $6,
             members_by = CASE WHEN $4 THEN COALESCE(members_by, updated_by) ELSE $5 END
         WHERE id = $1 RETURNING *"
    )
    .bind(id)
    .bind(display_name)
    .bind(Json(source))
    .bind(keep_members)
    .bind(by)
    .bind(now)
    .fetch_one(db)
    .await
    })
}

/// Replaces the members of a segment with what was found, or with what `uploader` has uploaded.
pub async fn set_members(
    tx: &mut WriteHandle,
    id: SegmentId,
    found: &Inspection,
    uploader: Option<&str>,
    by: &str,
    now: Time,
) -> Result<Segment> {
    let rows = i64::try_from(found.manifest.rows()).unwrap_or(i64::MAX);
    sql!(tx, |db| sqlx::query_as(
        "UPDATE segments SET manifest = $2, fields = $3, member_count = $4, refreshed_utc = $6,
             version = version + 1, updated_by = $5, updated_utc = $6,
             members_by = COALESCE($7, members_by, updated_by)
         WHERE id = $1 RETURNING *"
    )
    .bind(id)
    .bind(Json(&found.manifest))
    .bind(Json(Fields { items: found.fields.clone() }))
    .bind(rows)
    .bind(by)
    .bind(now)
    .bind(uploader)
    .fetch_one(db)
    .await)
}

/// Removes a segment; a reference violation says that exports use it.
pub async fn delete(tx: &mut WriteHandle, id: SegmentId) -> Result<()> {
    sql!(tx, |db| sqlx::query("DELETE FROM segments WHERE id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(drop))
}

/// Marks an object for removal.
pub async fn supersede(
    tx: &mut WriteHandle,
    segment: SegmentId,
    path: &str,
    now: Time,
) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "INSERT INTO superseded_objects (path, segment_id, since_utc) VALUES ($1, $2, $3)
         ON CONFLICT (path) DO NOTHING",
        )
        .bind(path)
        .bind(segment)
        .bind(now)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Superseded objects that no open run reads, of a segment or of all; those that could not be removed come last.
pub async fn removable(
    tx: &mut ReadHandle,
    of: Option<SegmentId>,
    limit: i64,
) -> Result<Vec<String>> {
    sql!(tx, |db| sqlx::query_scalar(
        "SELECT path FROM superseded_objects AS object
         WHERE ($1 IS NULL OR segment_id = $1) AND NOT EXISTS (
             SELECT 1 FROM run_segments JOIN runs ON runs.id = run_id
             WHERE run_segments.segment_id = object.segment_id AND status IN ('queued', 'running'))
         ORDER BY since_utc LIMIT $2"
    )
    .bind(of)
    .bind(limit)
    .fetch_all(db)
    .await)
}

/// Removes the mark of an object that has been removed from the storage.
pub async fn removed(tx: &mut WriteHandle, path: &str) -> Result<()> {
    sql!(tx, |db| sqlx::query("DELETE FROM superseded_objects WHERE path = $1")
        .bind(path)
        .execute(db)
        .await
        .map(drop))
}

/// Puts an object that could not be removed after the others.
pub async fn postpone_removal(tx: &mut WriteHandle, path: &str, now: Time) -> Result<()> {
    sql!(tx, |db| sqlx::query("UPDATE superseded_objects SET since_utc = $2 WHERE path = $1")
        .bind(path)
        .bind(now)
        .execute(db)
        .await
        .map(drop))
}

/// Segments of all instances whose members are stored by this service.
pub async fn count_stored(tx: &mut ReadHandle) -> Result<i64> {
    sql!(tx, |db| {
        sqlx::query_scalar("SELECT count(*) FROM segments WHERE CAST(manifest AS TEXT) LIKE $1")
            .bind("%\"uploads/%")
            .fetch_one(db)
            .await
    })
}

/// The manifests of the segments and the open runs of an instance that name uploads.
pub async fn manifests_of_uploads(
    tx: &mut ReadHandle,
    instance: Uuid,
) -> Result<Vec<Json<Manifest>>> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT manifest FROM segments WHERE instance_id = $1 AND CAST(manifest AS TEXT) LIKE $2
             UNION ALL SELECT run_segments.manifest FROM run_segments JOIN runs ON runs.id = run_id
             WHERE instance_id = $1 AND status IN ('queued', 'running')
                 AND CAST(run_segments.manifest AS TEXT) LIKE $2",
        )
        .bind(instance)
        .bind(format!("%\"uploads/{instance}/%"))
        .fetch_all(db)
        .await
    })
}

/// The objects of an instance that are marked for removal.
pub async fn superseded(tx: &mut ReadHandle, instance: Uuid) -> Result<Vec<String>> {
    sql!(tx, |db| sqlx::query_scalar("SELECT path FROM superseded_objects WHERE path LIKE $1")
        .bind(format!("uploads/{instance}/%"))
        .fetch_all(db)
        .await)
}
