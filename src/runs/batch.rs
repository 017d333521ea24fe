//! What a run has done, batch by batch, and the profiles that it did not put on the list.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;

use super::stopwatch::{TransitState, spent};
use crate::baselines::MemberOrigin;
use crate::db::Time;
use crate::params::Params;

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
    pub started_utc: Option<Time>,
    #[sqlx(flatten)]
    pub times: BatchTimes,
}

/// What a batch waited for, in milliseconds.
#[expect(clippy::struct_field_names, reason = "the columns of the table name the unit")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct BatchTimes {
    pub encoding_ms: i64,
    /// Until fewer other calls were in flight.
    pub waiting_ms: i64,
    pub throttled_ms: i64,
    pub uploading_ms: i64,
}

impl BatchTimes {
    /// Of a batch that was not sent.
    pub const NONE: Self = Self { encoding_ms: 0, waiting_ms: 0, throttled_ms: 0, uploading_ms: 0 };

    /// Of the batch that is in a place now.
    pub fn measured(encoding: Duration) -> Self {
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        Self {
            encoding_ms: millis(encoding),
            waiting_ms: millis(spent(TransitState::WaitingForSlot)),
            throttled_ms: millis(spent(TransitState::Throttled)),
            uploading_ms: millis(spent(TransitState::Uploading)),
        }
    }
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
    /// Not sent: no usable address, `CustomerId` or consent, or the person was erased on request.
    Invalid,
    /// Not sent: another profile of this run with the same address was.
    Duplicate,
    /// Sent, but no answer says whether it was stored.
    InDoubt,
}

impl RejectionOutcome {
    /// Whether a call to Campaign Monitor named the address.
    #[must_use]
    pub const fn was_sent(self) -> bool {
        matches!(self, Self::Rejected | Self::InDoubt)
    }
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
    /// `None`: none, or of an older version.
    pub params: Option<Json<Params>>,
}

impl Rejection {
    /// The same, whose message names these values; none of them is one of the person.
    #[must_use]
    pub fn naming(self, params: Params) -> Self {
        let params = (!params.is_empty()).then_some(Json(params));
        Self { params, ..self }
    }

    /// The same, without who it is.
    #[must_use]
    pub fn without_person(self) -> Self {
        Self { customer_id: String::new(), email: String::new(), winner: None, ..self }
    }
}

/// The profile that was sent in place of a duplicate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Winner {
    /// Row of the duplicate in the run.
    pub position: i64,
    /// Of the profile that was sent.
    pub customer_id: String,
}
