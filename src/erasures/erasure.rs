//! An erasure as it is stored, and its deadline.

use chrono::Months;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::people::People;
use crate::audit::Snapshot;
use crate::db::Time;
use crate::secrets::{self, Keys};

/// A UUID of version 7: later erasures have larger ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct ErasureId(pub Uuid);

impl From<Uuid> for ErasureId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum ErasureStatus {
    /// It waits for a worker. The people are not sent any more.
    Pending,
    /// A worker has begun. It may wait for something, which `waiting` names.
    InProgress,
    /// Every place was searched a second time, and nobody was found.
    Completed,
}

impl ErasureStatus {
    /// The same in the words of `OpenDSR`.
    #[must_use]
    pub const fn open_dsr(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
        }
    }
}

/// Proof that this worker owns the erasure, until another one claims it with a higher fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErasureLease {
    pub id: ErasureId,
    pub fence: i64,
}

/// A request to erase people. The columns are explained in the migration.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Erasure {
    pub id: ErasureId,
    pub instance_id: Uuid,
    pub people: i64,
    pub people_sealed: Option<String>,
    pub legal_basis: String,
    pub reference: String,
    pub status: ErasureStatus,
    pub requested_by: String,
    pub requested_utc: Time,
    pub due_utc: Time,
    pub completed_utc: Option<Time>,
    pub waiting: Option<String>,
    pub tombstones_utc: Option<Time>,
    pub lifted_by: Option<String>,
    pub lifted_utc: Option<Time>,
    pub lifted_because: Option<String>,
    pub is_resolved: bool,
    pub list_steps: i64,
    pub fence: i64,
    pub version: i64,
}

impl Erasure {
    /// Proof that the worker that has claimed it owns it.
    #[must_use]
    pub const fn lease(&self) -> ErasureLease {
        ErasureLease { id: self.id, fence: self.fence }
    }

    /// Who is erased; nobody once that is done.
    pub fn opened(&self, keys: &Keys) -> Result<People, secrets::Error> {
        match &self.people_sealed {
            None => Ok(People::default()),
            Some(sealed) => People::open(sealed, keys, self.instance_id, self.id.0),
        }
    }

    /// Days until it is due, begun ones included; below zero when it is overdue. `None` once it is completed.
    #[must_use]
    pub fn days_left(&self, now: Time) -> Option<i64> {
        let left = self.due_utc - now;
        let days = left.num_days();
        let is_begun = left > chrono::TimeDelta::days(days);
        self.completed_utc.is_none().then_some(days + i64::from(is_begun))
    }
}

/// When a request of this moment is due: one month later (article 12(3) of the GDPR).
#[must_use]
pub(super) fn due(requested: Time) -> Time {
    requested.checked_add_months(Months::new(1)).unwrap_or(requested)
}

/// For the audit: it names nobody.
impl From<&Erasure> for Snapshot {
    fn from(erasure: &Erasure) -> Self {
        let Erasure { people, legal_basis, reference, tombstones_utc, .. } = erasure;
        let view = serde_json::json!({"people": people, "legalBasis": legal_basis, "reference": reference,
            "tombstonesUntilUtc": tombstones_utc});
        Self::of(&erasure.id.0, reference.clone(), &view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn a_request_is_due_a_month_later_also_where_that_month_is_shorter() {
        assert_eq!(due(at("2026-11-30T14:00:00Z")), at("2026-12-30T14:00:00Z"));
        assert_eq!(due(at("2027-01-31T14:00:00Z")), at("2027-02-28T14:00:00Z"));
    }
}
