//! SQL of the tables `exports` and `export_segments`.

use std::future::ready;

use futures::{StreamExt, TryStreamExt};
use sqlx::Result;
use sqlx::types::Json;
use uuid::Uuid;

use super::content::ExportContent;
use super::export::Export;
use super::makers::SettingMakers;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::{ConnectionId, DisplayName, ExportId};
use crate::segments::{SegmentId, SegmentName};
use crate::sql;

/// Which exports to list; everything when empty.
#[derive(Default)]
pub(crate) struct ExportQuery {
    pub connection: Option<ConnectionId>,
    pub segment: Option<String>,
    /// Contained in the name of the export or of its connection, in any case of any script.
    pub search: Option<String>,
}

impl ExportQuery {
    /// The exports that use a segment.
    pub(crate) fn of_segment(name: &SegmentName) -> Self {
        Self { segment: Some(name.as_str().to_owned()), ..Self::default() }
    }
}

pub(crate) async fn insert(
    tx: &mut WriteHandle,
    instance: Uuid,
    id: ExportId,
    new: &ExportContent<'_>,
    makers: &SettingMakers,
    by: &str,
    now: Time,
) -> Result<Export> {
    sql!(tx, |db| {
        sqlx::query_as(
        "INSERT INTO exports (id, instance_id, display_name, connection_id, list_id, mapping, options, schedule,
             version, created_by, created_utc, updated_by, updated_utc, sync, makers, row_log, feedback)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $9, $10, $11, $12, $13, $14) RETURNING *"
    )
    .bind(id)
    .bind(instance)
    .bind(new.display_name)
    .bind(new.connection_id)
    .bind(new.list_id)
    .bind(Json(new.mapping))
    .bind(Json(new.options))
    .bind(Json(new.schedule))
    .bind(by)
    .bind(now)
    .bind(Json(new.sync))
    .bind(Json(makers))
    .bind(new.row_log.map(Json))
    .bind(new.feedback.map(Json))
    .fetch_one(db)
    .await
    })
}

/// The caller has checked the version.
pub(crate) async fn update(
    tx: &mut WriteHandle,
    id: ExportId,
    new: &ExportContent<'_>,
    makers: &SettingMakers,
    by: &str,
    now: Time,
) -> Result<Export> {
    sql!(tx, |db| {
        sqlx::query_as(
        "UPDATE exports SET display_name = $2, connection_id = $3, list_id = $4, mapping = $5, options = $6,
             schedule = $7, version = version + 1, updated_by = $8, updated_utc = $9, sync = $10, makers = $11,
             row_log = $12, feedback = $13
         WHERE id = $1 RETURNING *"
    )
    .bind(id)
    .bind(new.display_name)
    .bind(new.connection_id)
    .bind(new.list_id)
    .bind(Json(new.mapping))
    .bind(Json(new.options))
    .bind(Json(new.schedule))
    .bind(by)
    .bind(now)
    .bind(Json(new.sync))
    .bind(Json(makers))
    .bind(new.row_log.map(Json))
    .bind(new.feedback.map(Json))
    .fetch_one(db)
    .await
    })
}

/// Replaces the segments of an export; their order is kept.
pub(crate) async fn set_segments(
    tx: &mut WriteHandle,
    id: ExportId,
    segments: &[SegmentId],
) -> Result<()> {
    sql!(&mut *tx, |db| sqlx::query("DELETE FROM export_segments WHERE export_id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(drop))?;
    for (position, segment) in (0_i32..).zip(segments) {
        sql!(&mut *tx, |db| sqlx::query(
            "INSERT INTO export_segments (export_id, position, segment_id) VALUES ($1, $2, $3)"
        )
        .bind(id)
        .bind(position)
        .bind(segment)
        .execute(db)
        .await
        .map(drop))?;
    }
    Ok(())
}

/// How many the instance has.
pub async fn count(tx: &mut ReadHandle, instance: Uuid) -> Result<i64> {
    sql!(tx, |db| {
        sqlx::query_scalar("SELECT COUNT(*) FROM exports WHERE instance_id = $1")
            .bind(instance)
            .fetch_one(db)
            .await
    })
}

/// `None` also for an export of another instance.
pub async fn get(tx: &mut ReadHandle, instance: Uuid, id: ExportId) -> Result<Option<Export>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM exports WHERE instance_id = $1 AND id = $2")
        .bind(instance)
        .bind(id)
        .fetch_optional(db)
        .await)
}

/// One export, to change it: until the transaction ends, nobody else does.
pub(crate) async fn get_to_change(
    tx: &mut WriteHandle,
    instance: Uuid,
    id: ExportId,
) -> Result<Option<Export>> {
    sql!(tx, |db| sqlx::query_as(
        "UPDATE exports SET version = version WHERE instance_id = $1 AND id = $2 RETURNING *"
    )
    .bind(instance)
    .bind(id)
    .fetch_optional(db)
    .await)
}

/// An export, and the other name that a search finds it by.
#[derive(sqlx::FromRow)]
struct Listed {
    #[sqlx(flatten)]
    export: Export,
    connection_name: Option<DisplayName>,
}

/// Exports, newest first.
pub(crate) async fn list(
    tx: &mut ReadHandle,
    instance: Uuid,
    filter: &ExportQuery,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Export>> {
    let search = filter.search.as_deref().map(in_any_case);
    let is_found = |row: &Listed| search.as_ref().is_none_or(|text| row.has(text));
    // A search reads rows until it has found enough.
    let rows_max = if search.is_some() { i64::MAX } else { limit };
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT exports.*, connections.display_name AS connection_name
         FROM exports LEFT JOIN connections ON connections.id = connection_id
         WHERE exports.instance_id = $1 AND ($2 IS NULL OR exports.id < $2)
             AND ($3 IS NULL OR connection_id = $3)
             AND ($4 IS NULL OR EXISTS (
                 SELECT 1 FROM export_segments JOIN segments ON segments.id = segment_id
                 WHERE export_id = exports.id AND segments.name = $4))
         ORDER BY exports.id DESC LIMIT $5",
        )
        .bind(instance)
        .bind(after)
        .bind(filter.connection)
        .bind(filter.segment.as_deref())
        .bind(rows_max)
        .fetch(db)
        .try_filter(|row| ready(is_found(row)))
        .map_ok(|row| row.export)
        .take(usize::try_from(limit).unwrap_or_default())
        .try_collect()
        .await
    })
}

impl Listed {
    /// Whether its name, or that of its connection, contains a text that `in_any_case` made.
    fn has(&self, text: &str) -> bool {
        let names = [Some(&self.export.display_name), self.connection_name.as_ref()];
        names.into_iter().flatten().any(|name| in_any_case(name.as_str()).contains(text))
    }
}

/// The same for texts that differ in case only. The engines cannot tell: what is a letter to them depends on the
/// engine and on how the database was made. (Upper case, because it makes one of ς and σ.)
fn in_any_case(text: &str) -> String {
    text.to_uppercase()
}

/// Every export of an instance, in the order of their ids.
pub(crate) async fn all(tx: &mut ReadHandle, instance: Uuid) -> Result<Vec<Export>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM exports WHERE instance_id = $1 ORDER BY id")
        .bind(instance)
        .fetch_all(db)
        .await)
}

/// Detaches all exports of a connection. Returns them.
pub(crate) async fn detach_all(
    tx: &mut WriteHandle,
    connection: ConnectionId,
    by: &str,
    now: Time,
) -> Result<Vec<Export>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "UPDATE exports SET connection_id = NULL, version = version + 1, updated_by = $2, updated_utc = $3
         WHERE connection_id = $1 RETURNING *"
    )
    .bind(connection)
    .bind(by)
    .bind(now)
    .fetch_all(db)
    .await
    })
}

/// Removes an export. Its runs stay, as history.
pub(crate) async fn delete(tx: &mut WriteHandle, id: ExportId) -> Result<()> {
    sql!(tx, |db| sqlx::query("DELETE FROM exports WHERE id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(drop))
}
