//! SQL that reads instances in numbers.

use sqlx::Result;
use uuid::Uuid;

use super::instance::InstanceCounts;
use crate::db::{ReadHandle, Time};
use crate::sql;

/// Instances that have a connection, a segment or an export: those with the largest ids first, after this one. Runs are
/// counted that were submitted after `since`: their ids are larger than `since_id`.
pub async fn list(
    tx: &mut ReadHandle,
    (after, limit): (Option<Uuid>, i64),
    since_id: Uuid,
    late: Time,
) -> Result<Vec<InstanceCounts>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT known.instance_id,
                 EXISTS (SELECT 1 FROM pauses WHERE pauses.instance_id = known.instance_id) AS paused,
                 (SELECT COUNT(*) FROM connections WHERE connections.instance_id = known.instance_id) AS connections,
                 (SELECT COUNT(*) FROM connections WHERE connections.instance_id = known.instance_id
                     AND credential_sealed IS NOT NULL AND refused_message IS NOT NULL) AS connections_refused,
                 (SELECT COUNT(*) FROM exports WHERE exports.instance_id = known.instance_id) AS exports,
                 (SELECT COUNT(*) FROM runs WHERE runs.instance_id = known.instance_id AND status = 'queued') AS queued,
                 (SELECT COUNT(*) FROM runs WHERE runs.instance_id = known.instance_id AND status = 'running')
                     AS running,
                 (SELECT MIN(submitted_utc) FROM runs WHERE runs.instance_id = known.instance_id
                     AND status = 'queued' AND held_until IS NULL) AS oldest_queued_utc,
                 (SELECT COUNT(*) FROM runs WHERE runs.instance_id = known.instance_id AND id > $3
                     AND status = 'failed') AS failed,
                 (SELECT COUNT(*) FROM runs WHERE runs.instance_id = known.instance_id AND id > $3
                     AND status = 'failed' AND reason ->> 'culprit' = 'user') AS failed_by_user,
                 (SELECT COUNT(*) FROM planned_times WHERE planned_times.instance_id = known.instance_id
                     AND run_id IS NULL AND missed_because IS NULL AND planned_utc < $4) AS late,
                 (SELECT COUNT(*) FROM alerts WHERE alerts.instance_id = known.instance_id
                     AND status <> 'resolved') AS alerts_open
             FROM (SELECT instance_id FROM connections UNION SELECT instance_id FROM segments
                 UNION SELECT instance_id FROM exports) AS known
             WHERE $1 IS NULL OR known.instance_id < $1
             ORDER BY known.instance_id DESC LIMIT $2",
        )
        .bind(after)
        .bind(limit)
        .bind(since_id)
        .bind(late)
        .fetch_all(db)
        .await
    })
}
