//! SQL of the table `alerts`. An alert opens, lasts and ends by statements that are guarded by its state, so that of
//! several processes one does it.

use sqlx::Result;
use sqlx::types::Json;
use uuid::Uuid;

use super::alert::{Alert, Told};
use super::finding::AlertSubject;
use super::rule_kind::RuleKind;
use crate::channels::NoticeReason;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::{AlertId, ExportId};
use crate::sql;

/// An alert that is to be opened.
#[derive(Clone, Debug)]
pub struct NewAlert<'a> {
    pub subject: &'a AlertSubject,
    pub kind: RuleKind,
    pub reason: &'a NoticeReason,
    pub remind_hours: Option<i64>,
    pub told: Told,
    /// When the first reminder is due.
    pub remind: Option<Time>,
    pub now: Time,
}

/// Opens an alert; `None`: it is open already.
pub async fn open(tx: &mut WriteHandle, new: &NewAlert<'_>) -> Result<Option<Alert>> {
    let subject = new.subject;
    sql!(tx, |db| {
        sqlx::query_as(
            "INSERT INTO alerts (id, instance_id, kind, subject_id, export_id, connection_id, channel_id, subject_name,
                 run_id, status, reason, remind_hours, told, opened_utc, last_utc, remind_utc, version)
             VALUES ($1, $2, $3, $4, $5, $6, $14, $7, $8, 'open', $9, $10, $11, $12, $12, $13, 1)
             ON CONFLICT DO NOTHING RETURNING *",
        )
        .bind(AlertId(Uuid::now_v7()))
        .bind(subject.instance)
        .bind(new.kind)
        .bind(subject.id())
        .bind(subject.export)
        .bind(subject.connection)
        .bind(&subject.name)
        .bind(subject.run)
        .bind(Json(new.reason))
        .bind(new.remind_hours)
        .bind(Json(&new.told))
        .bind(new.now)
        .bind(new.remind)
        .bind(subject.channel)
        .fetch_optional(db)
        .await
    })
}

/// Notes that the reason of an alert that is open already holds still, and which run shows it; and follows its rule as
/// it is now.
pub async fn touch(tx: &mut WriteHandle, new: &NewAlert<'_>) -> Result<()> {
    let (subject, kind) = (new.subject.id(), new.kind);
    sql!(&mut *tx, |db| {
        sqlx::query(
            "UPDATE alerts SET reason = $3, run_id = COALESCE($4, run_id), last_utc = $5, version = version + 1
             WHERE subject_id = $1 AND kind = $2 AND status <> 'resolved'",
        )
        .bind(subject)
        .bind(kind)
        .bind(Json(new.reason))
        .bind(new.subject.run)
        .bind(new.now)
        .execute(db)
        .await
        .map(drop)
    })?;
    follow(tx, (subject, kind), &new.told, new.remind_hours, new.remind).await
}

/// Follows a rule that was changed while the alert is open: other channels, reminders at other times. The next
/// reminder, `remind`, is another one only when the hours between them are.
pub async fn follow(
    tx: &mut WriteHandle,
    (subject, kind): (Uuid, RuleKind),
    told: &Told,
    hours: Option<i64>,
    remind: Option<Time>,
) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE alerts SET told = $3, remind_hours = $4, version = version + 1,
                 remind_utc = CASE WHEN status <> 'open' THEN NULL
                     WHEN COALESCE(remind_hours, 0) = COALESCE($4, 0) THEN remind_utc ELSE $5 END
             WHERE subject_id = $1 AND kind = $2 AND status <> 'resolved'
                 AND (told <> $3 OR COALESCE(remind_hours, 0) <> COALESCE($4, 0))",
        )
        .bind(subject)
        .bind(kind)
        .bind(Json(told))
        .bind(hours)
        .bind(remind)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Ends the open alert of a subject; `None`: there is none.
pub async fn resolve(
    tx: &mut WriteHandle,
    subject: Uuid,
    kind: RuleKind,
    now: Time,
) -> Result<Option<Alert>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "UPDATE alerts SET status = 'resolved', resolved_utc = $3, last_utc = $3, remind_utc = NULL,
                 version = version + 1
             WHERE subject_id = $1 AND kind = $2 AND status <> 'resolved' RETURNING *",
        )
        .bind(subject)
        .bind(kind)
        .bind(now)
        .fetch_optional(db)
        .await
    })
}

/// Open alerts whose reminder is due.
pub async fn to_remind(tx: &mut ReadHandle, now: Time, limit: i64) -> Result<Vec<Alert>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT * FROM alerts WHERE status = 'open' AND remind_utc <= $1
             ORDER BY remind_utc LIMIT $2",
        )
        .bind(now)
        .bind(limit)
        .fetch_all(db)
        .await
    })
}

/// Moves the reminder that was due at this time on. `None`: another process did, or nobody is reminded any more.
pub async fn move_reminder(
    tx: &mut WriteHandle,
    id: AlertId,
    due: Time,
    next: Time,
) -> Result<Option<Alert>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "UPDATE alerts SET remind_utc = $3, version = version + 1
             WHERE id = $1 AND status = 'open' AND remind_utc = $2 RETURNING *",
        )
        .bind(id)
        .bind(due)
        .bind(next)
        .fetch_optional(db)
        .await
    })
}

/// Every alert of this kind that is not over.
pub async fn lasting(tx: &mut ReadHandle, kind: RuleKind) -> Result<Vec<Alert>> {
    sql!(tx, |db| {
        sqlx::query_as("SELECT * FROM alerts WHERE kind = $1 AND status <> 'resolved'")
            .bind(kind)
            .fetch_all(db)
            .await
    })
}

/// Every alert of an instance that is not over, or of one of its exports.
pub async fn lasting_in(
    tx: &mut ReadHandle,
    instance: Uuid,
    export: Option<ExportId>,
) -> Result<Vec<Alert>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT * FROM alerts WHERE instance_id = $1 AND status <> 'resolved' AND ($2 IS NULL OR export_id = $2)",
        )
        .bind(instance)
        .bind(export)
        .fetch_all(db)
        .await
    })
}

/// Alerts that are not over, of exports, connections and channels that were removed.
pub async fn orphaned(tx: &mut ReadHandle) -> Result<Vec<Alert>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT * FROM alerts WHERE status <> 'resolved'
                 AND NOT EXISTS (SELECT 1 FROM exports WHERE exports.id = alerts.subject_id)
                 AND NOT EXISTS (SELECT 1 FROM connections WHERE connections.id = alerts.subject_id)
                 AND NOT EXISTS (SELECT 1 FROM channels WHERE channels.id = alerts.subject_id)",
        )
        .fetch_all(db)
        .await
    })
}

/// Notes who takes care of an alert: nobody is reminded any more. `None`: it is over.
pub async fn acknowledge(
    tx: &mut WriteHandle,
    id: AlertId,
    by: &str,
    note: Option<&str>,
    now: Time,
) -> Result<Option<Alert>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "UPDATE alerts SET status = 'acknowledged', acknowledged_by = $2, acknowledged_utc = $3, note = $4,
                 remind_utc = NULL, version = version + 1
             WHERE id = $1 AND status <> 'resolved' RETURNING *",
        )
        .bind(id)
        .bind(by)
        .bind(now)
        .bind(note)
        .fetch_optional(db)
        .await
    })
}

/// Removes at most `most` alerts that were over before this time, and returns how many.
pub async fn remove_expired(tx: &mut WriteHandle, before: Time, most: i64) -> Result<u64> {
    sql!(tx, |db| {
        sqlx::query(
            "DELETE FROM alerts WHERE id IN (
                 SELECT id FROM alerts WHERE status = 'resolved' AND resolved_utc < $1 ORDER BY resolved_utc LIMIT $2)",
        )
        .bind(before)
        .bind(most)
        .execute(db)
        .await
        .map(|done| done.rows_affected())
    })
}
