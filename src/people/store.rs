//! SQL that finds a person in what runs keep of profiles: the tables `rejections` and `value_problems`, by the indexes
//! that exist for this. (A `CROSS JOIN` makes `SQLite` begin with the rows of the person, not with all runs.)

use sqlx::types::Json;
use sqlx::{QueryBuilder, Result};
use uuid::Uuid;

use super::person::Person;
use crate::campaign_monitor::ProblemCode;
use crate::db::{ReadHandle, Time};
use crate::names::{ExportId, RunId};
use crate::params::Params;
use crate::runs::{RejectionOutcome, Run};
use crate::sql;

/// The most rejections, and the most value problems, of a person at one list of one export; the newest.
const ROWS_MAX: i64 = 10;

/// Ids in one statement: well below the 32,766 values that `SQLite` binds.
const IDS_PER_SELECT: usize = 1000;

/// A profile of the person that a run did not put on a list.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PersonRejection {
    pub export_id: ExportId,
    /// When the run was submitted.
    pub export_name: String,
    pub list_id: String,
    pub run_id: RunId,
    pub end_utc: Option<Time>,
    /// Row of the profile in the run, from 0.
    pub position: i64,
    pub customer_id: String,
    pub email: String,
    pub outcome: RejectionOutcome,
    pub code: String,
    pub message: String,
    pub params: Option<Json<Params>>,
    pub winner: Option<String>,
}

/// A value of the person that a run could not send as it is.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PersonProblem {
    pub export_id: ExportId,
    /// When the run was submitted.
    pub export_name: String,
    pub list_id: String,
    pub run_id: RunId,
    pub end_utc: Option<Time>,
    pub field: String,
    pub key: String,
    #[sqlx(try_from = "String")]
    pub code: ProblemCode,
    pub value: String,
    pub sent: Option<String>,
}

/// The newest rejections of a person in each export and list of an instance. Those that retention removes are left out.
pub async fn rejections(
    tx: &mut ReadHandle,
    instance: Uuid,
    person: &Person,
) -> Result<Vec<PersonRejection>> {
    let (statement, name) = match person {
        Person::Email(email) => (
            "SELECT * FROM (
                 SELECT export_id, export_name, list_id, run_id, end_utc, rejections.position AS position, customer_id,
                     email, outcome, code, message, params, winner,
                     row_number() OVER (PARTITION BY export_id, list_id ORDER BY run_id DESC, rejections.position)
                         AS newest
                 FROM rejections CROSS JOIN runs
                 WHERE runs.id = run_id AND instance_id = $1 AND rejections_state = 'kept'
                     AND lower(trim(substr(email, 1, 254))) = lower($2)) AS numbered
             WHERE newest <= $3 ORDER BY run_id DESC, position",
            email,
        ),
        Person::CustomerId(id) => (
            "SELECT * FROM (
                 SELECT export_id, export_name, list_id, run_id, end_utc, rejections.position AS position, customer_id,
                     email, outcome, code, message, params, winner,
                     row_number() OVER (PARTITION BY export_id, list_id ORDER BY run_id DESC, rejections.position)
                         AS newest
                 FROM rejections CROSS JOIN runs
                 WHERE runs.id = run_id AND instance_id = $1 AND rejections_state = 'kept'
                     AND substr(customer_id, 1, 200) = substr($2, 1, 200) AND customer_id = $2) AS numbered
             WHERE newest <= $3 ORDER BY run_id DESC, position",
            id,
        ),
    };
    sql!(tx, |db| {
        sqlx::query_as(statement).bind(instance).bind(name).bind(ROWS_MAX).fetch_all(db).await
    })
}

/// The same of the values that could not be sent as they are.
pub async fn problems(
    tx: &mut ReadHandle,
    instance: Uuid,
    person: &Person,
) -> Result<Vec<PersonProblem>> {
    let (statement, name) = match person {
        Person::Email(email) => (
            "SELECT * FROM (
                 SELECT export_id, export_name, list_id, run_id, end_utc, value_problems.position AS position, number,
                     field, key, code, value, sent,
                     row_number() OVER (PARTITION BY export_id, list_id
                         ORDER BY run_id DESC, value_problems.position, number) AS newest
                 FROM value_problems CROSS JOIN runs
                 WHERE runs.id = run_id AND instance_id = $1 AND rejections_state = 'kept'
                     AND lower(trim(substr(email, 1, 254))) = lower($2)) AS numbered
             WHERE newest <= $3 ORDER BY run_id DESC, position, number",
            email,
        ),
        Person::CustomerId(id) => (
            "SELECT * FROM (
                 SELECT export_id, export_name, list_id, run_id, end_utc, value_problems.position AS position, number,
                     field, key, code, value, sent,
                     row_number() OVER (PARTITION BY export_id, list_id
                         ORDER BY run_id DESC, value_problems.position, number) AS newest
                 FROM value_problems CROSS JOIN runs
                 WHERE runs.id = run_id AND instance_id = $1 AND rejections_state = 'kept'
                     AND substr(customer_id, 1, 200) = substr($2, 1, 200) AND customer_id = $2) AS numbered
             WHERE newest <= $3 ORDER BY run_id DESC, position, number",
            id,
        ),
    };
    sql!(tx, |db| {
        sqlx::query_as(statement).bind(instance).bind(name).bind(ROWS_MAX).fetch_all(db).await
    })
}

/// The last run of each export to each list of an instance that began and has ended.
pub async fn last_runs(tx: &mut ReadHandle, instance: Uuid) -> Result<Vec<Run>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT * FROM runs WHERE id IN (
                 SELECT id FROM (
                     SELECT id, row_number() OVER (PARTITION BY export_id, list_id ORDER BY id DESC) AS newest
                     FROM runs WHERE instance_id = $1 AND start_utc IS NOT NULL AND end_utc IS NOT NULL) AS numbered
                 WHERE newest = 1)",
        )
        .bind(instance)
        .fetch_all(db)
        .await
    })
}

/// The open runs of an instance, each with its export and its list.
pub async fn open_runs(
    tx: &mut ReadHandle,
    instance: Uuid,
) -> Result<Vec<(ExportId, String, RunId)>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT export_id, list_id, id FROM runs
             WHERE instance_id = $1 AND status IN ('queued', 'running')",
        )
        .bind(instance)
        .fetch_all(db)
        .await
    })
}

/// When these runs ended; those that are not kept any more are left out. At most a few thousand.
pub async fn ends(tx: &mut ReadHandle, runs: &[RunId]) -> Result<Vec<(RunId, Option<Time>)>> {
    let mut ends = Vec::with_capacity(runs.len());
    for some in runs.chunks(IDS_PER_SELECT) {
        let found: Vec<(RunId, Option<Time>)> = sql!(&mut *tx, |db| {
            let mut select = QueryBuilder::new("SELECT id, end_utc FROM runs WHERE id IN (");
            let mut list = select.separated(", ");
            for id in some {
                list.push_bind(*id);
            }
            select.push(")").build_query_as().fetch_all(db).await
        })?;
        ends.extend(found);
    }
    Ok(ends)
}
