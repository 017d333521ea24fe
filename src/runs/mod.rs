//! A run is one execution of an export. `docs/RUNS.md` draws its life.

pub mod counts;
pub mod measure;
pub mod progress;
pub mod reader;
pub mod reason;
pub mod retention;
pub mod start;
pub mod started;
pub mod store;
pub mod store_batches;
pub mod store_retention;
pub mod store_work;

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::Time;
use crate::exports::{ListId, Mapping, Options, Warning};

use crate::names::{ConnectionId, ExportId, RunId};
use crate::segments::{SegmentId, SegmentName};
use crate::storage::Manifest;
pub use counts::{Counts, FieldWarning, FieldWarnings};
pub use reason::{Reason, ReasonCode};

/// Where a run is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum RunStatus {
    /// Waits for a worker, or for its next attempt.
    Queued,
    /// A worker carries it out.
    Running,
    /// Every selected profile is on the list.
    Successful,
    /// It went through all profiles, but some are not on the list because of it.
    CompletedWithErrors,
    /// It gave up; `reason` says why.
    Failed,
    /// Somebody stopped it.
    Canceled,
    /// It was not carried out at all; `reason` says why.
    Skipped,
}

impl RunStatus {
    /// Those that are an end.
    pub const ENDED: [Self; 5] =
        [Self::Successful, Self::CompletedWithErrors, Self::Failed, Self::Canceled, Self::Skipped];

    /// As it is written in answers and labels.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
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
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// What made a run start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum SubmissionKind {
    /// A person asked for it.
    OnDemand,
    /// A schedule or a refresh asked for it.
    Scheduled,
}

/// Warnings about the export, found before anything was sent. (A JSON column holds an object.)
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Warnings {
    /// In the order they were found.
    pub items: Vec<Warning>,
}

/// A run, as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns are explained in the migration")]
pub struct Run {
    pub id: RunId,
    pub instance_id: Uuid,
    pub export_id: ExportId,
    pub export_name: String,
    pub connection_id: Option<ConnectionId>,
    pub list_id: ListId,
    pub mapping: Json<Mapping>,
    pub options: Json<Options>,
    pub status: RunStatus,
    pub reason: Option<Json<Reason>>,
    pub warnings: Json<Warnings>,
    pub submission_kind: SubmissionKind,
    pub submitted_by: String,
    pub submitted_utc: Time,
    pub planned_utc: Option<Time>,
    pub start_utc: Option<Time>,
    pub end_utc: Option<Time>,
    #[sqlx(flatten)]
    pub counts: Counts,
    pub field_warnings: Json<FieldWarnings>,
    pub position: i64,
    pub sent_until: i64,
    pub fence: i64,
    pub stalls: i32,
    pub not_before: Time,
    pub cancel_requested: bool,
    pub traceparent: Option<String>,
    pub trace_id: Option<String>,
    pub version: i64,
    pub rejections_state: DetailState,
    pub batches_state: DetailState,
}

/// Whether the details of a run are still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum DetailState {
    /// All of them.
    Kept,
    /// Some are removed already.
    Leaving,
    /// None.
    Gone,
}

/// A segment of a run.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RunSegment {
    /// Which segment.
    pub segment_id: SegmentId,
    /// Its name when the run was submitted.
    pub name: SegmentName,
    /// Its members, at the start of the run.
    pub member_count: i64,
    /// The objects the run reads, once pinned.
    pub manifest: Option<Json<Manifest>>,
}

/// Proof that this worker owns the run, until another one claims it with a higher fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The run.
    pub run: RunId,
    /// The fence of the claim.
    pub fence: i64,
}

/// Another worker holds the run: whoever gets this must stop at once and write nothing.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("another worker holds the run")]
pub struct LeaseLost;

/// How a worker leaves a run.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The run has ended.
    Ended(RunStatus, Option<Reason>),
    /// The run goes on later: the process stops, or Campaign Monitor needs a pause.
    Released {
        /// No earlier than this.
        not_before: Time,
        /// What is wrong meanwhile, shown with the queued run.
        reason: Option<Reason>,
        /// Whether the attempt counts as a stall unless it made progress. A stop of the process does not.
        stalled: bool,
    },
}

/// How a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum BatchStatus {
    /// Campaign Monitor took every record.
    Successful,
    /// Campaign Monitor refused some records, or some rows were not sent.
    CompletedWithErrors,
    /// No answer told what became of it.
    InDoubt,
}

impl BatchStatus {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Successful, Self::CompletedWithErrors, Self::InDoubt];

    /// As it is written in answers and labels.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Successful => "successful",
            Self::CompletedWithErrors => "completedWithErrors",
            Self::InDoubt => "inDoubt",
        }
    }
}

/// A page of at most 1000 rows, with what Campaign Monitor answered.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns are explained in the migration")]
pub struct Batch {
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
}

/// Why a profile is not on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum RejectionOutcome {
    /// Refused by Campaign Monitor.
    Rejected,
    /// Not sent: no usable address.
    Invalid,
    /// Not sent: the address came before in this run.
    Duplicate,
    /// Sent, but no answer told whether it landed.
    InDoubt,
}

/// A profile that is not on the list because of a run.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns are explained in the migration")]
pub struct Rejection {
    pub position: i64,
    pub batch: i64,
    pub customer_id: String,
    pub email: String,
    pub outcome: RejectionOutcome,
    pub code: String,
    pub message: String,
}
