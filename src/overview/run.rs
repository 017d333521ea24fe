//! A run as operators see it: without names and messages, which may quote a person.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::Time;
use crate::names::{ConnectionId, ExportId, RunId};
use crate::runs::RunStatus;

/// Columns of the table `runs`, with the code of the reason.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ObservedRun {
    pub id: RunId,
    pub instance_id: Uuid,
    pub export_id: ExportId,
    pub connection_id: Option<ConnectionId>,
    pub status: RunStatus,
    pub held_until: Option<Time>,
    pub reason_code: Option<String>,
    pub culprit: Option<String>,
    pub planned_utc: Option<Time>,
    pub submitted_utc: Time,
    pub start_utc: Option<Time>,
    pub end_utc: Option<Time>,
    pub fence: i64,
    pub stalls: i32,
    pub lease_until: Option<Time>,
    pub selected: i64,
    pub rejected: i64,
    pub trace_id: Option<String>,
}

/// Which runs an operator looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RunState {
    /// They have not ended.
    Open,
    /// They are running, and their worker renews their lease no more; or several attempts made no progress.
    Stuck,
    /// They ended as `failed`.
    Failed,
    /// Campaign Monitor rejected some of their profiles.
    Rejecting,
}

impl ObservedRun {
    /// As callers see it.
    #[must_use]
    pub const fn shown_status(&self) -> RunStatus {
        match (self.status, self.held_until) {
            (RunStatus::Queued, Some(_)) => RunStatus::AwaitingApproval,
            (status, _) => status,
        }
    }
}
