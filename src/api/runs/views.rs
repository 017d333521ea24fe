//! Runs on the wire.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::exports::{ListId, ListSync, Warning, WarningCode};
use crate::names::{ConnectionId, ExportId, RunId};
use crate::runs::progress::ProgressView;
use crate::runs::reader::Found;
use crate::runs::store::NamedSegment;
use crate::runs::{CountsView, FieldWarning, FullBecause, Reason, Run, RunStatus, SubmissionKind};
use crate::segments::SegmentName;

/// A run that comes later than this after its planned time says so.
const LATE_AFTER: TimeDelta = TimeDelta::minutes(2);

/// A run of an export, as it is now.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunView {
    pub run_id: RunId,
    pub instance_id: Uuid,
    pub export_id: ExportId,
    /// The export's name when it was submitted.
    #[schema(example = "High value to newsletter")]
    pub export_name: String,
    pub list_id: ListId,
    /// `null` when it was skipped because the export had none.
    #[schema(required)]
    pub connection_id: Option<ConnectionId>,
    /// Their members are exported, in this order.
    pub segments: Vec<RunSegmentView>,
    pub status: RunStatus,
    /// Why it ended as it did, or why it waits.
    #[schema(required)]
    pub reason: Option<Reason>,
    /// What was found before anything was sent; `late` when a planned time was missed.
    pub warnings: Vec<Warning>,
    /// How the list follows the segments, as it was when the run was submitted.
    pub sync: ListSync,
    /// Why a run of an export that sends changes only compares or sends more than that.
    #[schema(required)]
    pub full_because: Option<FullBecause>,
    /// Values that could not be sent as they are, by field and code. The value problems of the run name them.
    pub field_warnings: Vec<FieldWarning>,
    pub submission_kind: SubmissionKind,
    /// Subject of who asked for it.
    #[schema(example = "ann@example.com")]
    pub submitted_by: String,
    /// When it was asked for.
    pub submitted_utc: DateTime<Utc>,
    /// The time it was planned for, when a schedule started it.
    #[schema(required)]
    pub planned_utc: Option<DateTime<Utc>>,
    /// When a worker first took it up.
    #[schema(required)]
    pub start_utc: Option<DateTime<Utc>>,
    /// When it ended.
    #[schema(required)]
    pub end_utc: Option<DateTime<Utc>>,
    /// How many workers have taken it up so far.
    #[schema(example = 1)]
    pub attempt: i64,
    pub counts: CountsView,
    pub progress: ProgressView,
    /// Trace id of the request that started it.
    #[schema(required)]
    pub trace_id: Option<String>,
    pub version: i64,
}

/// A segment that a run exports.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunSegmentView {
    pub name: SegmentName,
    /// Its members when the run was submitted, or read.
    #[schema(example = 1_000_000)]
    pub member_count: i64,
}

impl RunView {
    /// Puts together what is known of a run at `now`.
    #[must_use]
    pub fn of(found: Found, now: DateTime<Utc>) -> Self {
        let Found { run, segments } = found;
        let (status, full_because) = (run.shown_status(), run.shown_full_because());
        Self {
            progress: ProgressView::of(&run, now),
            warnings: late(&run).into_iter().chain(run.warnings.0.items).collect(),
            run_id: run.id,
            instance_id: run.instance_id,
            export_id: run.export_id,
            export_name: run.export_name,
            list_id: run.list_id,
            connection_id: run.connection_id,
            segments: segments.into_iter().map(RunSegmentView::from).collect(),
            status,
            reason: run.reason.map(|reason| reason.0),
            sync: run.sync.0,
            full_because,
            field_warnings: run.field_warnings.0.fields,
            submission_kind: run.submission_kind,
            submitted_by: run.submitted_by,
            submitted_utc: run.submitted_utc,
            planned_utc: run.planned_utc,
            start_utc: run.start_utc,
            end_utc: run.end_utc,
            attempt: run.fence.max(1),
            counts: CountsView::of(run.counts, run.leavers),
            trace_id: run.trace_id,
            version: run.version,
        }
    }
}

/// Says that a run started long after the time it was planned for.
fn late(run: &Run) -> Option<Warning> {
    let planned = run.planned_utc.filter(|planned| run.submitted_utc - planned > LATE_AFTER)?;
    let message = format!(
        "This run was planned for {} UTC and started late: the service was not running, or could not start it. It \
         replaces all planned times that were missed.",
        planned.format("%Y-%m-%d %H:%M")
    );
    let planned = planned.to_rfc3339_opts(SecondsFormat::Secs, true);
    Some(Warning::new(WarningCode::Late, message).with("plannedUtc", planned))
}

impl From<NamedSegment> for RunSegmentView {
    fn from(segment: NamedSegment) -> Self {
        Self { name: segment.name, member_count: segment.member_count }
    }
}
