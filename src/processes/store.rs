//! SQL of the table `processes`.

use sqlx::Result;
use uuid::Uuid;

use super::process::ServiceProcess;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::sql;

/// Writes what a process says of itself.
pub async fn put(tx: &mut WriteHandle, process: &ServiceProcess) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "INSERT INTO processes (id, parts, version, started_utc, seen_utc, scheduled_utc, notified_utc)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (id) DO UPDATE SET seen_utc = $5, scheduled_utc = $6, notified_utc = $7",
        )
        .bind(process.id)
        .bind(&process.parts)
        .bind(&process.version)
        .bind(process.started_utc)
        .bind(process.seen_utc)
        .bind(process.scheduled_utc)
        .bind(process.notified_utc)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Forgets a process that stops.
pub async fn remove(tx: &mut WriteHandle, id: Uuid) -> Result<()> {
    sql!(tx, |db| sqlx::query("DELETE FROM processes WHERE id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(drop))
}

/// Forgets processes that have written nothing since this time: they were killed.
pub async fn remove_silent(tx: &mut WriteHandle, before: Time) -> Result<()> {
    sql!(tx, |db| sqlx::query("DELETE FROM processes WHERE seen_utc < $1")
        .bind(before)
        .execute(db)
        .await
        .map(drop))
}

/// The processes that were seen last, at most `limit`.
pub async fn list(tx: &mut ReadHandle, limit: i64) -> Result<Vec<ServiceProcess>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM processes ORDER BY seen_utc DESC LIMIT $1")
        .bind(limit)
        .fetch_all(db)
        .await)
}

/// Whether, between two moments, some process acted on planned times, and some process judged and sent alerts.
pub async fn worked_between(tx: &mut ReadHandle, from: Time, to: Time) -> Result<(bool, bool)> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT EXISTS (SELECT 1 FROM processes WHERE scheduled_utc BETWEEN $1 AND $2),
                 EXISTS (SELECT 1 FROM processes WHERE notified_utc BETWEEN $1 AND $2)",
        )
        .bind(from)
        .bind(to)
        .fetch_one(db)
        .await
    })
}
