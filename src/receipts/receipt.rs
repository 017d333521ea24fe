//! What a receipt says.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::exports::{ListId, ListSync, Mapping, Options, VerificationLevel};
use crate::names::{ConnectionId, ExportId, RunId};
use crate::runs::{CountsView, FullBecause, LeaverCallCounts, Reason, RunStatus, SubmissionKind};
use crate::segments::SegmentName;
use crate::verifications::{StateCounts, VerificationId, VerificationStatus};

/// What a run read, what Campaign Monitor answered, and what was found on the list. It has no address of a member.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Version of this form: 1.
    #[schema(example = 1)]
    pub format: i64,
    /// When this copy was made.
    pub issued_utc: DateTime<Utc>,
    pub run_id: RunId,
    pub instance_id: Uuid,
    pub export_id: ExportId,
    /// The export's name when the run was submitted.
    #[schema(example = "High value to newsletter")]
    pub export_name: String,
    /// `null` when it was skipped because the export had none.
    #[schema(required)]
    pub connection_id: Option<ConnectionId>,
    pub list_id: ListId,
    pub status: RunStatus,
    /// Why it ended as it did.
    #[schema(required)]
    pub reason: Option<Reason>,
    pub submission_kind: SubmissionKind,
    /// Subject of who asked for it.
    #[schema(example = "ann@example.com")]
    pub submitted_by: String,
    /// When it was asked for.
    pub submitted_utc: DateTime<Utc>,
    /// When a worker first took it up.
    #[schema(required)]
    pub start_utc: Option<DateTime<Utc>>,
    /// When it ended.
    #[schema(required)]
    pub end_utc: Option<DateTime<Utc>>,
    /// Trace id of the request that started it.
    #[schema(required)]
    pub trace_id: Option<String>,
    /// What was read, in the order of the segments.
    pub read: Vec<SegmentRead>,
    pub mapping: Mapping,
    pub options: Options,
    pub sync: ListSync,
    /// Why a run that sends changes sent or compared more than that.
    #[schema(required)]
    pub full_because: Option<FullBecause>,
    pub answers: ReceiptAnswers,
    pub counts: CountsView,
    /// Calls that flagged, deleted or unsubscribed people who left.
    pub leaver_calls: LeaverCallCounts,
    /// Who approved the plan that the run carried out, or declined it; `null` when nobody had to, or nobody did.
    #[schema(required)]
    pub decision: Option<PlanDecision>,
    pub list: CountedList,
    /// What was compared with the list, the oldest first.
    pub verifications: Vec<VerificationRecord>,
    /// What this receipt does not prove, in words.
    #[schema(max_items = 20)]
    pub limits: Vec<String>,
}

/// A segment as it was read.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SegmentRead {
    pub segment: SegmentName,
    /// Its members when it was read.
    #[schema(example = 1_000_000)]
    pub members: i64,
    /// The stored objects that held them; none when nothing was read.
    pub objects: Vec<ObjectRead>,
}

/// A stored object, as it was read.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRead {
    /// Below the address of its storage root.
    #[schema(example = "HighValue/part-0001.parquet")]
    pub path: String,
    /// Its size in the storage.
    pub bytes: u64,
    /// The storage's identifier of this content; `null` where it has none.
    #[schema(required)]
    pub etag: Option<String>,
    /// How many members it holds.
    pub rows: u64,
}

/// What Campaign Monitor answered, over all batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptAnswers {
    /// Batches that were accounted for; 0 also once they are deleted at the end of their retention period.
    pub batches: i64,
    /// Calls that sent profiles, including retries; `leaverCalls` counts those about people who left.
    pub calls: i64,
    /// Profiles that are new on the list.
    pub created: i64,
    /// On the list before, and updated.
    pub updated: i64,
    /// Profiles that Campaign Monitor rejected.
    pub rejected: i64,
    /// Of the created and updated: those that no answer counted, and that were read back as they were sent.
    pub inferred: i64,
}

/// What somebody decided about the plan of a run.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanDecision {
    pub outcome: DecisionOutcome,
    /// SHA-256 of the plan.
    #[schema(max_length = 64, pattern = "^[0-9a-f]{64}$")]
    pub plan_hash: String,
    /// Subject of who approved or declined the plan.
    #[schema(example = "ben@example.com")]
    pub decided_by: String,
    pub decided_utc: DateTime<Utc>,
    /// Why it was declined, in the words of who did.
    #[schema(required)]
    pub note: Option<String>,
}

/// What the decision means for the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DecisionOutcome {
    /// The run could do what the plan says.
    Approved,
    /// The run ended, and nobody was removed.
    Declined,
}

/// How many people the list had in each state.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CountedList {
    /// Before the first upload; `null` when they were not read.
    #[schema(required)]
    pub before: Option<CountedMoment>,
    /// After the last one; `null` when they were not read.
    #[schema(required)]
    pub after: Option<CountedMoment>,
}

/// The people of a list at one moment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CountedMoment {
    /// When they were counted.
    pub read_utc: DateTime<Utc>,
    /// Everybody on the list, by state.
    pub people: StateCounts,
    /// Those who came into their state since the run began, by the dates of Campaign Monitor, which are to the minute;
    /// `null` before the run.
    #[schema(required)]
    pub entered: Option<StateCounts>,
}

/// A comparison of the list with what was sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerificationRecord {
    pub verification_id: VerificationId,
    pub level: VerificationLevel,
    pub status: VerificationStatus,
    /// On the list with what was sent. `null` until it ends, and where the level cannot know; so are the others.
    #[schema(required)]
    pub confirmed: Option<i64>,
    /// Acknowledged, and not active on the list.
    #[schema(required)]
    pub missing: Option<i64>,
    /// On the list with other values.
    #[schema(required)]
    pub changed_by_others: Option<i64>,
    /// On the list, and not known to the export.
    #[schema(required)]
    pub strangers: Option<i64>,
    /// Of whom nothing could be found out.
    #[schema(required)]
    pub unknown: Option<i64>,
    /// Of a sample: at most so many are missing, with 95 % certainty.
    #[schema(required)]
    pub bound: Option<i64>,
    /// When a worker first took it up.
    #[schema(required)]
    pub start_utc: Option<DateTime<Utc>>,
    /// When it ended: what it found was so between the two times.
    #[schema(required)]
    pub end_utc: Option<DateTime<Utc>>,
}
