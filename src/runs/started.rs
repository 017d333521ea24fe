//! What came of starting runs: which were started, which were skipped and why, as answers and the audit have it.

#![expect(
    missing_docs,
    reason = "most members are named so that they say it all; the others are explained"
)]

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::reason::Reason;
use super::run::{Run, SubmissionKind};
use super::status::RunStatus;
use crate::audit::{Change, Snapshot};
use crate::exports::ListId;
use crate::names::{ConnectionId, ExportId, RefreshId, RunId};

/// What the audit keeps of the start of a run: `queued`, or `skipped` with the reason.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunStart<'a> {
    run_id: RunId,
    status: RunStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a Reason>,
    submission_kind: SubmissionKind,
    submitted_by: &'a str,
    connection_id: Option<ConnectionId>,
    list_id: &'a ListId,
}

impl<'a> From<&'a Run> for RunStart<'a> {
    fn from(run: &'a Run) -> Self {
        Self {
            run_id: run.id,
            status: run.status,
            reason: run.reason.as_ref().map(|reason| &reason.0),
            submission_kind: run.submission_kind,
            submitted_by: &run.submitted_by,
            connection_id: run.connection_id,
            list_id: &run.list_id,
        }
    }
}

impl From<&Run> for Snapshot {
    fn from(run: &Run) -> Self {
        let (status, is_cancelling) = (run.shown_status(), run.cancel_requested);
        let state =
            json!({"status": status, "reason": run.reason, "cancelRequested": is_cancelling});
        Self::of(&run.id.0, &run.export_name, &state)
    }
}

/// The runs of several exports.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct RunsView {
    /// Those that wait for a worker.
    pub started: Vec<StartedView>,
    /// Those that did not start.
    pub skipped: Vec<SkippedView>,
}

/// A run that was started.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StartedView {
    pub export_id: ExportId,
    pub run_id: RunId,
}

/// A run that was skipped.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SkippedView {
    pub export_id: ExportId,
    pub run_id: RunId,
    pub reason: Reason,
}

impl RunsView {
    /// Which of the runs were started, and which were not.
    #[must_use]
    pub fn of(runs: &[Run]) -> Self {
        let mut view = Self::default();
        for run in runs {
            let (export_id, run_id) = (run.export_id, run.id);
            match run.reason.clone().filter(|_| run.status.is_ended()) {
                Some(Json(reason)) => view.skipped.push(SkippedView { export_id, run_id, reason }),
                None => view.started.push(StartedView { export_id, run_id }),
            }
        }
        view
    }

    /// What was done in an instance, as the audit keeps it; the start of each run is an event of its own.
    #[must_use]
    pub fn done_in(&self, instance: Uuid, refresh: Option<&RefreshId>) -> Change {
        let instance = Snapshot { id: instance.to_string(), ..Snapshot::default() };
        let counts = json!({"refreshId": refresh, "started": self.started.len(), "skipped": self.skipped.len()});
        Change::done(instance, &counts)
    }
}
