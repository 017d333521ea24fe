//! A verification as it is stored.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::Time;
use crate::exports::VerificationLevel;
use crate::names::RunId;

/// Pages of a sample, unless the caller says otherwise.
pub const PAGES_DEFAULT: i64 = 5;
/// The most pages of a sample.
pub const PAGES_MAX: i64 = 1000;

/// A UUID of version 7: later verifications have larger ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct VerificationId(pub Uuid);

impl From<Uuid> for VerificationId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum VerificationStatus {
    /// It waits for a worker with a free slot.
    Queued,
    /// A worker reads the list.
    Running,
    /// What it found is there.
    Completed,
    /// It found nothing out; the reason says why.
    Failed,
}

/// Proof that this worker owns the verification, until another one claims it with a higher fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerificationLease {
    pub id: VerificationId,
    pub fence: i64,
}

/// A comparison of a list with what a run sent.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ListVerification {
    pub id: VerificationId,
    pub run_id: RunId,
    #[sqlx(try_from = "String")]
    pub level: StoredLevel,
    pub pages: Option<i64>,
    pub status: VerificationStatus,
    pub requested_by: Option<String>,
    pub requested_utc: Time,
    pub start_utc: Option<Time>,
    pub end_utc: Option<Time>,
    pub fence: i64,
    pub confirmed: Option<i64>,
    pub missing: Option<i64>,
    pub changed_by_others: Option<i64>,
    pub strangers: Option<i64>,
    pub unknown: Option<i64>,
    pub bound: Option<i64>,
    pub pages_read: Option<i64>,
    pub pages_of: Option<i64>,
    pub reason: Option<String>,
}

/// A level as the table has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredLevel(pub VerificationLevel);

impl StoredLevel {
    pub(super) const fn word(level: VerificationLevel) -> &'static str {
        match level {
            VerificationLevel::Counts => "counts",
            VerificationLevel::Sample => "sample",
            VerificationLevel::Full => "full",
        }
    }
}

impl TryFrom<String> for StoredLevel {
    type Error = String;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        let levels =
            [VerificationLevel::Counts, VerificationLevel::Sample, VerificationLevel::Full];
        let found = levels.into_iter().find(|level| Self::word(*level) == word);
        found.map(Self).ok_or_else(|| format!("{word} is no level of a verification"))
    }
}

impl ListVerification {
    /// What a worker needs to write about it.
    #[must_use]
    pub const fn lease(&self) -> VerificationLease {
        VerificationLease { id: self.id, fence: self.fence }
    }
}
