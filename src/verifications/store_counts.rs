//! SQL of the table `list_counts`.

use sqlx::Result;
use sqlx::types::Json;

use super::counts::{ListCounts, StateCounts};
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::RunId;
use crate::sql;

/// When the counts of a list are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum Moment {
    /// Before the first upload of a run.
    Before,
    /// After its last.
    After,
}

#[derive(sqlx::FromRow)]
struct Row {
    moment: Moment,
    #[sqlx(flatten)]
    all: StateCounts,
    entered: Option<Json<StateCounts>>,
    read_utc: Time,
    account_time: String,
}

/// Stores the counts of a list, unless they are there: what was read first is nearest to the run.
pub async fn put(tx: &mut WriteHandle, run: RunId, at: Moment, counts: &ListCounts) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "INSERT INTO list_counts (run_id, moment, active, unconfirmed, unsubscribed, bounced, deleted, entered,
                 read_utc, account_time)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (run_id, moment) DO NOTHING",
        )
        .bind(run)
        .bind(at)
        .bind(counts.all.active)
        .bind(counts.all.unconfirmed)
        .bind(counts.all.unsubscribed)
        .bind(counts.all.bounced)
        .bind(counts.all.deleted)
        .bind(counts.entered.map(Json))
        .bind(counts.read_utc)
        .bind(&counts.account_time)
        .execute(db)
        .await
        .map(drop)
    })
}

/// The counts before and after a run, as far as they were read.
pub async fn get(tx: &mut ReadHandle, run: RunId) -> Result<[Option<ListCounts>; 2]> {
    let rows: Vec<Row> = sql!(tx, |db| {
        sqlx::query_as("SELECT * FROM list_counts WHERE run_id = $1").bind(run).fetch_all(db).await
    })?;
    let mut found = [None, None];
    for Row { moment, all, entered, read_utc, account_time } in rows {
        let entered = entered.map(|entered| entered.0);
        found[moment as usize] = Some(ListCounts { all, entered, read_utc, account_time });
    }
    Ok(found)
}
