//! SQL of the table `verification_differences`: for people who are erased from it.

use sqlx::Result;
use uuid::Uuid;

use super::verification::VerificationId;
use crate::db::{ReadHandle, WriteHandle};
use crate::sql;

/// A difference, as far as it names somebody.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DifferencePerson {
    pub verification_id: VerificationId,
    pub number: i64,
    pub email: String,
    pub customer_id: Option<String>,
}

/// Differences of the verifications of an instance, after one of them.
pub async fn differences(
    tx: &mut ReadHandle,
    instance: Uuid,
    (verification, number): (VerificationId, i64),
    limit: i64,
) -> Result<Vec<DifferencePerson>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT verification_id, number, email, customer_id FROM verification_differences
                 JOIN verifications ON verifications.id = verification_id
             WHERE instance_id = $1 AND (verification_id > $2 OR (verification_id = $2 AND number > $3))
             ORDER BY verification_id, number LIMIT $4",
        )
        .bind(instance)
        .bind(verification)
        .bind(number)
        .bind(limit)
        .fetch_all(db)
        .await
    })
}

/// Removes a difference. What the verification has counted stays.
pub async fn remove(tx: &mut WriteHandle, of: VerificationId, number: i64) -> Result<()> {
    let delete = "DELETE FROM verification_differences WHERE verification_id = $1 AND number = $2";
    sql!(tx, |db| sqlx::query(delete).bind(of).bind(number).execute(db).await.map(drop))
}

/// Whether a verification of an instance is being made: it writes the differences that it finds at its end.
pub async fn any_running(tx: &mut ReadHandle, instance: Uuid) -> Result<bool> {
    let statement =
        "SELECT COUNT(*) FROM verifications WHERE instance_id = $1 AND status = 'running'";
    let running: i64 =
        sql!(tx, |db| sqlx::query_scalar(statement).bind(instance).fetch_one(db).await)?;
    Ok(running > 0)
}
