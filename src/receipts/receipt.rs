//! What a receipt says.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::exports::{ListId, ListSync, Mapping, Options, VerificationLevel};
use crate::names::{ConnectionId, ExportId, RunId};
use crate::runs::{Reason, RunStatus, SubmissionKind};
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
    pub answers: ReceiptAnswers,
    pub counts: ReceiptCounts,
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
    /// Calls that sent profiles, including retries; those that took somebody off the list are not among them.
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

/// The law of the run: `selected` is the sum of all other counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptCounts {
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
    /// Not processed.
    pub remaining: i64,
    /// A part of `updated`: people who were known to be off the list, and who are back.
    pub resubscribed: i64,
    /// A part of `updated`: people whom the list had under another address, which was changed.
    pub changed_addresses: i64,
    pub leavers: ReceiptLeavers,
}

/// The law of those who left the segments: `found` is the sum of all other counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReceiptLeavers {
    /// Members that the segments do not have any more. Counted where the export does something to them.
    pub found: i64,
    pub flagged: i64,
    pub deleted: i64,
    pub unsubscribed: i64,
    /// Not put on the list by this service, or also in another export to it.
    pub kept: i64,
    /// They had left the list before the run came to them.
    pub gone: i64,
    /// Campaign Monitor rejected the call.
    pub failed: i64,
    /// Not processed.
    pub remaining: i64,
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
    /// On the list with what was sent; `null` where the level cannot know.
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
    /// When the list was first read.
    #[schema(required)]
    pub start_utc: Option<DateTime<Utc>>,
    /// When the list was last read.
    #[schema(required)]
    pub end_utc: Option<DateTime<Utc>>,
}
