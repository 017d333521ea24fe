//! What a run has done, batch by batch, and the profiles that it did not put on the list.

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::baselines::MemberOrigin;

/// How a batch ended: whether Campaign Monitor accepted its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum BatchStatus {
    /// Campaign Monitor accepted every record.
    Successful,
    /// Campaign Monitor rejected some records, or some rows could not be sent.
    CompletedWithErrors,
    /// Sent, but no answer says whether the records were stored.
    InDoubt,
}

impl BatchStatus {
    pub const ALL: [Self; 3] = [Self::Successful, Self::CompletedWithErrors, Self::InDoubt];

    /// As responses, labels and the database write it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Successful => "successful",
            Self::CompletedWithErrors => "completedWithErrors",
            Self::InDoubt => "inDoubt",
        }
    }
}

/// Rows of which at most 1000 were sent, with what Campaign Monitor answered. The columns are explained in the
/// migration.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct BatchResult {
    pub number: i64,
    pub first_row: i64,
    pub rows: i64,
    pub status: BatchStatus,
    pub http_status: Option<i32>,
    pub attempts: i32,
    pub duration_ms: i64,
    pub created: i64,
    pub updated: i64,
    pub rejected: i64,
    /// Of the updated: those whose address was changed.
    pub changed_addresses: i64,
    /// Of the created and updated: those that were read back, because no answer counted them.
    pub inferred: i64,
    pub unchanged: i64,
    pub body_hash: Option<i64>,
    /// How many people whom the baseline did not know were not on the list before; `None` where no answer proves it.
    pub newcomers_created: Option<i64>,
    /// Rows of the run whose people a call brought back.
    pub returned: Option<Json<Vec<i64>>>,
    /// Rows of the run whose address was changed, each with the origin of the member from then on.
    pub changed: Option<Json<Vec<(i64, MemberOrigin)>>>,
}

/// What the batches of a run add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct BatchSums {
    pub batches: i64,
    pub calls: i64,
    pub created: i64,
    pub updated: i64,
    pub rejected: i64,
    /// Of the created and updated: those that were read back, because no answer counted them.
    pub inferred: i64,
}

/// Why a profile is not on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum RejectionOutcome {
    /// Sent, and rejected by Campaign Monitor.
    Rejected,
    /// Not sent: no usable address, or a consent that nobody can read.
    Invalid,
    /// Not sent: another profile of this run with the same address was.
    Duplicate,
    /// Sent, but no answer says whether it was stored.
    InDoubt,
}

/// A profile that a run did not send, or that is not on the list. The columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Rejection {
    pub position: i64,
    pub batch: i64,
    pub customer_id: String,
    pub email: String,
    pub outcome: RejectionOutcome,
    pub code: String,
    pub message: String,
    pub winner: Option<String>,
}

/// The profile that was sent in place of a duplicate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Winner {
    /// Row of the duplicate in the run.
    pub position: i64,
    /// Of the profile that was sent.
    pub customer_id: String,
}
