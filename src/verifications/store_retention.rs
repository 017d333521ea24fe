//! SQL that removes the people whom verifications name, some rows at a time.

use sqlx::Result;

use crate::db::WriteHandle;
use crate::sql;

/// Removes at most `most` differences of runs whose rejections are being removed, and returns how many.
pub async fn remove_expired(tx: &mut WriteHandle, most: i64) -> Result<u64> {
    let removed = sql!(tx, |db| {
        sqlx::query(
        "DELETE FROM verification_differences WHERE (verification_id, number) IN (
             SELECT differences.verification_id, differences.number FROM verification_differences AS differences
                 JOIN verifications ON verifications.id = differences.verification_id
                 JOIN runs ON runs.id = verifications.run_id
             WHERE runs.rejections_state <> 'kept' LIMIT $1)"
    )
    .bind(most)
    .execute(db)
    .await?
    .rows_affected()
    });
    Ok(removed)
}
