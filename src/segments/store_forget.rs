//! SQL of the table `segments`: for people who are erased from members that this service stores.

use sqlx::Result;
use sqlx::types::Json;
use uuid::Uuid;

use super::segment::{Segment, SegmentId};
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::sql;
use crate::storage::Manifest;

/// Every segment of an instance.
pub async fn of_instance(tx: &mut ReadHandle, instance: Uuid) -> Result<Vec<Segment>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM segments WHERE instance_id = $1 ORDER BY id")
        .bind(instance)
        .fetch_all(db)
        .await)
}

/// Replaces the members of a version of a segment by the same without some people. When they were refreshed, and who
/// uploaded them, stays. False: the segment was changed meanwhile.
pub async fn replace_members(
    tx: &mut WriteHandle,
    (id, version): (SegmentId, i64),
    members: &Manifest,
    by: &str,
    now: Time,
) -> Result<bool> {
    let count = i64::try_from(members.rows()).unwrap_or(i64::MAX);
    let done = sql!(tx, |db| {
        sqlx::query(
            "UPDATE segments SET manifest = $3, member_count = $4, members_by = COALESCE(members_by, updated_by),
                 version = version + 1, updated_by = $5, updated_utc = $6
             WHERE id = $1 AND version = $2",
        )
        .bind(id)
        .bind(version)
        .bind(Json(members))
        .bind(count)
        .bind(by)
        .bind(now)
        .execute(db)
        .await?
        .rows_affected()
    });
    Ok(done == 1)
}
