//! Runs on the wire.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::exports::{ListId, ListSync, Warning, WarningCode};
use crate::names::{ConnectionId, ExportId, RunId};
use crate::runs::progress::ProgressView;
use crate::runs::reader::Found;
use crate::runs::store::NamedSegment;
use crate::runs::{
    Counts, FieldWarning, FullBecause, LeaverCounts, Reason, Run, RunStatus, SubmissionKind,
};
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

/// Profiles by outcome: `selected` is the sum of all other counts, at every moment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(
    example = json!({"selected": 1_000_000, "created": 412_000, "updated": 90_000, "unchanged": 0, "rejected": 812,
        "duplicate": 95, "invalid": 71, "inDoubt": 0, "remaining": 497_022, "resubscribed": 4,
        "changedAddresses": 3,
        "leavers": {"found": 652, "flagged": 0, "deleted": 630, "unsubscribed": 0, "kept": 12, "gone": 9, "failed": 1,
            "remaining": 0}}),
)]
pub struct CountsView {
    /// Members of the selected segments.
    pub selected: i64,
    /// Profiles that are new on the list.
    pub created: i64,
    /// On the list before, and updated.
    pub updated: i64,
    /// Not sent: Campaign Monitor has acknowledged the same record before.
    pub unchanged: i64,
    /// Profiles that Campaign Monitor rejected.
    pub rejected: i64,
    /// Not sent: another profile of this run with the same address was.
    pub duplicate: i64,
    /// Not sent: no usable address, or a consent that nobody can read.
    pub invalid: i64,
    /// Sent, but Campaign Monitor did not answer whether it stored them.
    pub in_doubt: i64,
    /// Not processed yet.
    pub remaining: i64,
    /// A part of `updated`: people who were known to be off the list, and who are back.
    pub resubscribed: i64,
    /// A part of `updated`: people whom the list had under another address, which was changed.
    pub changed_addresses: i64,
    pub leavers: LeaversView,
}

/// People who left the segments, by outcome: `found` is the sum of all other counts, at every moment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(
    example = json!({"found": 652, "flagged": 0, "deleted": 630, "unsubscribed": 0, "kept": 12, "gone": 9,
        "failed": 1, "remaining": 0}),
)]
pub struct LeaversView {
    /// Members that the segments do not have any more. Counted where the export does something to them.
    pub found: i64,
    pub flagged: i64,
    pub deleted: i64,
    pub unsubscribed: i64,
    /// They stay as they are: not put on the list by this service, or also in another export to it.
    pub kept: i64,
    /// They had left the list before the run came to them.
    pub gone: i64,
    /// Campaign Monitor rejected the call. The next run tries again.
    pub failed: i64,
    /// Not processed yet.
    pub remaining: i64,
}

impl From<LeaverCounts> for LeaversView {
    fn from(counts: LeaverCounts) -> Self {
        let remaining = counts.remaining();
        let LeaverCounts { found, flagged, deleted, unsubscribed, kept, gone, failed } = counts;
        Self { found, flagged, deleted, unsubscribed, kept, gone, failed, remaining }
    }
}

impl RunView {
    /// Puts together what is known of a run at `now`.
    #[must_use]
    pub fn of(found: Found, now: DateTime<Utc>) -> Self {
        let Found { run, segments } = found;
        let status = run.shown_status();
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
            full_because: run.full_because,
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
    let planned = planned.format("%Y-%m-%d %H:%M");
    Some(Warning {
        code: WarningCode::Late,
        message: format!(
            "This run was planned for {planned} UTC and started late: the service was not running, or could not \
             start it. It replaces all planned times that were missed."
        ),
    })
}

impl From<NamedSegment> for RunSegmentView {
    fn from(segment: NamedSegment) -> Self {
        Self { name: segment.name, member_count: segment.member_count }
    }
}

impl CountsView {
    fn of(counts: Counts, leavers: LeaverCounts) -> Self {
        Self {
            selected: counts.selected,
            created: counts.created,
            updated: counts.updated,
            unchanged: counts.unchanged,
            rejected: counts.rejected,
            duplicate: counts.duplicate,
            invalid: counts.invalid,
            in_doubt: counts.in_doubt,
            remaining: counts.remaining(),
            resubscribed: counts.resubscribed,
            changed_addresses: counts.changed_addresses,
            leavers: leavers.into(),
        }
    }
}
