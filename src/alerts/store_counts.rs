//! SQL that counts alerts for operators: over all instances, without their words.

use sqlx::Result;

use super::rule_kind::RuleKind;
use crate::db::ReadHandle;
use crate::sql;

/// How many alerts are not over, by kind and by who can do something about it.
pub async fn open(tx: &mut ReadHandle) -> Result<Vec<(RuleKind, String, i64)>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT kind, reason ->> 'culprit', COUNT(*) FROM alerts WHERE status <> 'resolved'
             GROUP BY kind, reason ->> 'culprit'",
        )
        .fetch_all(db)
        .await
    })
}
