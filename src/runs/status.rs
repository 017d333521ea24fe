//! The status of a run. `docs/RUNS.md` draws how one follows another.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a run is in its life. The database has a run that awaits an approval as queued: `runs.held_until` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum RunStatus {
    /// Waits for a worker, or for its next attempt.
    Queued,
    /// Waits for a person to approve its plan.
    AwaitingApproval,
    /// A worker executes the run now.
    Running,
    /// The address of every selected profile is on the list.
    Successful,
    /// It went through all profiles, but did not put some on the list, or could send no value of a field.
    CompletedWithErrors,
    /// It gave up; `reason` says why.
    Failed,
    /// Stopped because a caller asked for it.
    Canceled,
    /// It was not executed at all; `reason` says why.
    Skipped,
}

impl RunStatus {
    /// Every status of a run that has ended.
    pub const ENDED: [Self; 5] =
        [Self::Successful, Self::CompletedWithErrors, Self::Failed, Self::Canceled, Self::Skipped];

    /// As responses, labels and the database write it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::AwaitingApproval => "awaitingApproval",
            Self::Running => "running",
            Self::Successful => "successful",
            Self::CompletedWithErrors => "completedWithErrors",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Skipped => "skipped",
        }
    }

    /// Whether the run has ended: no count changes any more.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        !matches!(self, Self::Queued | Self::AwaitingApproval | Self::Running)
    }
}
