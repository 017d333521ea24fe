//! SQL that reads runs over all instances, for operators.

use sqlx::{QueryBuilder, Result};
use uuid::Uuid;

use super::run::{ObservedRun, RunState};
use crate::db::{ReadHandle, Time};
use crate::runs::RunStatus;
use crate::sql;

/// Attempts without progress after which a run counts as stuck.
const STALLS: i32 = 2;

/// Which runs to list; every one when empty.
#[derive(Clone, Debug, Default)]
pub struct ObservedQuery {
    pub state: Option<RunState>,
    pub culprit: Option<&'static str>,
    pub instance: Option<Uuid>,
    /// Submitted at this time or later.
    pub from: Option<Time>,
}

/// Newest first.
pub async fn list(
    tx: &mut ReadHandle,
    filter: &ObservedQuery,
    (after, limit): (Option<Uuid>, i64),
    now: Time,
) -> Result<Vec<ObservedRun>> {
    sql!(tx, |db| {
        let mut select = QueryBuilder::new(
            "SELECT id, instance_id, export_id, connection_id, status, held_until, reason ->> 'code' AS reason_code,
                 reason ->> 'culprit' AS culprit, planned_utc, submitted_utc, start_utc, end_utc, fence, stalls,
                 lease_until, selected, rejected, trace_id
             FROM runs WHERE 1 = 1",
        );
        match filter.state {
            None => {}
            Some(RunState::Open) => {
                select.push(" AND status IN ('queued', 'running')");
            }
            Some(RunState::Stuck) => {
                select.push(" AND ((status = 'running' AND lease_until < ").push_bind(now);
                select
                    .push(") OR (status IN ('queued', 'running') AND stalls >= ")
                    .push_bind(STALLS);
                select.push("))");
            }
            Some(RunState::Failed) => {
                select.push(" AND status = 'failed'");
            }
            Some(RunState::Rejecting) => {
                select.push(" AND rejected > 0");
            }
        }
        if let Some(culprit) = filter.culprit {
            select.push(" AND reason ->> 'culprit' = ").push_bind(culprit);
        }
        if let Some(instance) = filter.instance {
            select.push(" AND instance_id = ").push_bind(instance);
        }
        if let Some(from) = filter.from {
            select.push(" AND submitted_utc >= ").push_bind(from);
        }
        if let Some(after) = after {
            select.push(" AND id < ").push_bind(after);
        }
        let select = select.push(" ORDER BY id DESC LIMIT ").push_bind(limit);
        select.build_query_as().fetch_all(db).await
    })
}

/// How many runs have ended since a time, by status and by who can do something about it.
pub async fn ended_since(
    tx: &mut ReadHandle,
    since: Time,
) -> Result<Vec<(RunStatus, Option<String>, i64)>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT status, reason ->> 'culprit', COUNT(*) FROM runs WHERE end_utc >= $1
             GROUP BY status, reason ->> 'culprit' ORDER BY 1, 2",
        )
        .bind(since)
        .fetch_all(db)
        .await
    })
}
