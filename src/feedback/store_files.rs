//! SQL of the tables `feedback_files` and `feedback_people`.

use std::collections::HashSet;

use sqlx::{FromRow, QueryBuilder, Result};
use uuid::Uuid;

use super::told::ToldPerson;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::ExportId;
use crate::sql;

/// Rows in one statement: well below the 32,766 values that `SQLite` binds.
const ROWS_PER_STATEMENT: usize = 1000;

/// An export of which runs have ended since its last file.
#[derive(Clone, Debug, FromRow)]
pub(super) struct DueExport {
    pub id: ExportId,
    pub instance_id: Uuid,
    /// The end of the newest of these runs.
    pub ended_utc: Time,
}

/// How far the files of an export have come. The columns are explained in the migration.
#[derive(Clone, Copy, Debug, FromRow)]
pub(super) struct FilesProgress {
    pub planned: i64,
    pub written: i64,
    pub failures: i64,
}

/// The exports for which something is to be done, by their ids. Of a paused instance nobody is asked for.
pub(super) async fn due(
    tx: &mut ReadHandle,
    now: Time,
    after: Option<ExportId>,
    limit: i64,
) -> Result<Vec<DueExport>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT id, instance_id, ended_utc FROM (
                 SELECT exports.id, exports.instance_id, feedback_files.seen_utc,
                     (SELECT MAX(end_utc) FROM runs WHERE export_id = exports.id AND end_utc IS NOT NULL) AS ended_utc
                 FROM exports LEFT JOIN feedback_files ON feedback_files.export_id = exports.id
                 WHERE exports.feedback IS NOT NULL AND exports.connection_id IS NOT NULL
                     AND ($1 IS NULL OR exports.id > $1)
                     AND exports.instance_id NOT IN (SELECT instance_id FROM pauses)
                     AND (feedback_files.not_before IS NULL OR feedback_files.not_before <= $2)) AS candidates
             WHERE ended_utc IS NOT NULL AND (seen_utc IS NULL OR ended_utc > seen_utc) ORDER BY id LIMIT $3",
        )
        .bind(after)
        .bind(now)
        .bind(limit)
        .fetch_all(db)
        .await
    })
}

/// Begins with an export, so that others leave it alone until then; `None`: another process has begun.
pub(super) async fn begin(
    tx: &mut WriteHandle,
    export: ExportId,
    now: Time,
    until: Time,
) -> Result<Option<FilesProgress>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "INSERT INTO feedback_files (export_id, planned, written, not_before) VALUES ($1, 0, 0, $3)
             ON CONFLICT (export_id) DO UPDATE SET not_before = excluded.not_before
             WHERE feedback_files.not_before IS NULL OR feedback_files.not_before <= $2
             RETURNING planned, written, failures",
        )
        .bind(export)
        .bind(now)
        .bind(until)
        .fetch_optional(db)
        .await
    })
}

/// Other processes leave an export alone until then.
pub(super) async fn renew(tx: &mut WriteHandle, export: ExportId, until: Time) -> Result<()> {
    let update = "UPDATE feedback_files SET not_before = $2 WHERE export_id = $1";
    sql!(tx, |db| sqlx::query(update).bind(export).bind(until).execute(db).await.map(drop))
}

/// Those of some people whom the files of an export have.
pub(super) async fn told(
    tx: &mut ReadHandle,
    export: ExportId,
    digests: &[i64],
) -> Result<Vec<ToldPerson>> {
    let mut told = vec![];
    for some in digests.chunks(ROWS_PER_STATEMENT) {
        let found: Vec<ToldPerson> = sql!(&mut *tx, |db| {
            let mut select = QueryBuilder::new(
                "SELECT digest, left_at, file FROM feedback_people WHERE export_id = ",
            );
            let mut list = select.push_bind(export).push(" AND digest IN (").separated(", ");
            for digest in some {
                list.push_bind(*digest);
            }
            select.push(")").build_query_as().fetch_all(db).await?
        });
        told.extend(found);
    }
    Ok(told)
}

/// Keeps who is in the file after file `number`. False: another process has done more.
pub(super) async fn plan(
    tx: &mut WriteHandle,
    export: ExportId,
    number: i64,
    people: &[ToldPerson],
) -> Result<bool> {
    let planned = sql!(&mut *tx, |db| {
        sqlx::query(
            "UPDATE feedback_files SET planned = planned + 1 WHERE export_id = $1 AND planned = $2 AND written = $2",
        )
        .bind(export)
        .bind(number)
        .execute(db)
        .await?
        .rows_affected()
    });
    if planned == 0 {
        return Ok(false);
    }
    for some in people.chunks(ROWS_PER_STATEMENT) {
        sql!(&mut *tx, |db| {
            let mut insert = QueryBuilder::new(
                "INSERT INTO feedback_people (export_id, digest, left_at, file) ",
            );
            insert.push_values(some, |mut row, one| {
                row.push_bind(export).push_bind(one.digest);
                row.push_bind(one.left_at).push_bind(one.file);
            });
            insert.push(
                " ON CONFLICT (export_id, digest) DO UPDATE SET left_at = excluded.left_at, file = excluded.file",
            );
            insert.build().execute(db).await.map(drop)
        })?;
    }
    Ok(true)
}

/// Notes that a file with people of this generation of tombstones may appear in the folder until then. False: another
/// process has done more.
pub(super) async fn begin_put(
    tx: &mut WriteHandle,
    export: ExportId,
    number: i64,
    generation: i64,
    until: Time,
) -> Result<bool> {
    let noted = sql!(tx, |db| {
        sqlx::query(
            "UPDATE feedback_files SET put_until = $4, put_generation = $3
             WHERE export_id = $1 AND planned = $2 AND written = $2 - 1",
        )
        .bind(export)
        .bind(number)
        .bind(generation)
        .bind(until)
        .execute(db)
        .await?
        .rows_affected()
    });
    Ok(noted == 1)
}

/// Whether a file may appear in a folder of an instance whose people were chosen before this generation of tombstones.
pub async fn any_put_before(
    tx: &mut ReadHandle,
    instance: Uuid,
    generation: i64,
    now: Time,
) -> Result<bool> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM feedback_files JOIN exports ON exports.id = export_id
             WHERE instance_id = $1 AND put_generation < $2 AND put_until > $3)",
        )
        .bind(instance)
        .bind(generation)
        .bind(now)
        .fetch_one(db)
        .await
    })
}

/// Notes that a file is in the folder. False: another process has done so.
pub(super) async fn finish(tx: &mut WriteHandle, export: ExportId, number: i64) -> Result<bool> {
    let finished = sql!(tx, |db| {
        sqlx::query(
            "UPDATE feedback_files SET written = $2, put_until = NULL
             WHERE export_id = $1 AND planned = $2 AND written = $2 - 1",
        )
        .bind(export)
        .bind(number)
        .execute(db)
        .await?
        .rows_affected()
    });
    Ok(finished == 1)
}

/// Forgets who was chosen for a file and is not in it.
pub(super) async fn keep_only(
    tx: &mut WriteHandle,
    export: ExportId,
    number: i64,
    kept: &HashSet<i64>,
) -> Result<()> {
    let chosen: Vec<i64> = sql!(&mut *tx, |db| {
        sqlx::query_scalar("SELECT digest FROM feedback_people WHERE export_id = $1 AND file = $2")
            .bind(export)
            .bind(number)
            .fetch_all(db)
            .await
    })?;
    let missing: Vec<_> = chosen.into_iter().filter(|digest| !kept.contains(digest)).collect();
    for some in missing.chunks(ROWS_PER_STATEMENT) {
        sql!(&mut *tx, |db| {
            let mut delete = QueryBuilder::new("DELETE FROM feedback_people WHERE export_id = ");
            let mut list = delete.push_bind(export).push(" AND digest IN (").separated(", ");
            for digest in some {
                list.push_bind(*digest);
            }
            delete.push(")").build().execute(db).await.map(drop)
        })?;
    }
    Ok(())
}

/// Notes that everybody who left is in a file, after a run that ended then, unless another process has done more.
pub(super) async fn settle(
    tx: &mut WriteHandle,
    export: ExportId,
    number: i64,
    ended: Time,
) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE feedback_files SET seen_utc = $3, not_before = NULL, failures = 0, flaw = NULL
             WHERE export_id = $1 AND planned = $2 AND written = $2",
        )
        .bind(export)
        .bind(number)
        .bind(ended)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Notes why it failed: it is due again at this time.
pub(super) async fn fail(
    tx: &mut WriteHandle,
    export: ExportId,
    until: Time,
    flaw: &str,
) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE feedback_files SET failures = failures + 1, flaw = $3, not_before = $2 WHERE export_id = $1",
        )
        .bind(export)
        .bind(until)
        .bind(flaw)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Why the last file of an export could not be written; `None` when nothing is missing.
pub async fn flaw(tx: &mut ReadHandle, export: ExportId) -> Result<Option<String>> {
    let found: Option<Option<String>> = sql!(tx, |db| {
        sqlx::query_scalar("SELECT flaw FROM feedback_files WHERE export_id = $1")
            .bind(export)
            .fetch_optional(db)
            .await?
    });
    Ok(found.flatten())
}

/// Forgets whom the files have: once they are asked for again, everybody who left is written. What another process is
/// about to write does not count any more, and no number comes twice.
pub async fn forget(tx: &mut WriteHandle, export: ExportId) -> Result<()> {
    sql!(&mut *tx, |db| {
        sqlx::query("DELETE FROM feedback_people WHERE export_id = $1")
            .bind(export)
            .execute(db)
            .await
            .map(drop)
    })?;
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE feedback_files SET planned = planned + 1, written = planned + 1, seen_utc = NULL, not_before = NULL,
                 failures = 0, flaw = NULL WHERE export_id = $1",
        )
        .bind(export)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Makes every export of an instance due again: people whom a tombstone kept out of the files may come into them now.
pub async fn make_due(tx: &mut WriteHandle, instance: Uuid) -> Result<()> {
    let update = "UPDATE feedback_files SET seen_utc = NULL
                  WHERE export_id IN (SELECT id FROM exports WHERE instance_id = $1)";
    sql!(tx, |db| sqlx::query(update).bind(instance).execute(db).await.map(drop))
}

/// Forgets some people at all exports of an instance. Returns how many rows these were.
pub async fn forget_people(tx: &mut WriteHandle, instance: Uuid, digests: &[i64]) -> Result<i64> {
    let mut removed = 0;
    for some in digests.chunks(ROWS_PER_STATEMENT) {
        removed += sql!(&mut *tx, |db| {
            let mut delete = QueryBuilder::new(
                "DELETE FROM feedback_people WHERE export_id IN (SELECT id FROM exports WHERE instance_id = ",
            );
            let mut list = delete.push_bind(instance).push(") AND digest IN (").separated(", ");
            for digest in some {
                list.push_bind(*digest);
            }
            delete.push(")").build().execute(db).await?.rows_affected()
        });
    }
    Ok(i64::try_from(removed).unwrap_or(i64::MAX))
}
