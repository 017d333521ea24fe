//! A run as it is stored, and what it reads.

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::counts::Counts;
use super::field_warnings::FieldWarnings;
use super::full_because::FullBecause;
use super::reason::Reason;
use super::run_plan::{LeaverCallCounts, LeaverCounts};
use super::status::RunStatus;
use crate::db::Time;
use crate::exports::{ListId, ListSync, Mapping, Options, Warning};
use crate::names::{ConnectionId, ExportId, RunId};
use crate::segments::{SegmentId, SegmentName};
use crate::storage::Manifest;

/// What made a run start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum SubmissionKind {
    /// A caller asked for it.
    OnDemand,
    /// A schedule or a refresh started it.
    Scheduled,
}

/// Warnings about the export, found before anything was sent. (A JSON column holds an object.)
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Warnings {
    /// In the order in which they were found.
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
    pub sync: Json<ListSync>,
    pub status: RunStatus,
    pub reason: Option<Json<Reason>>,
    pub warnings: Json<Warnings>,
    pub full_because: Option<FullBecause>,
    pub list_emptied: bool,
    pub submission_kind: SubmissionKind,
    pub submitted_by: String,
    pub submitted_utc: Time,
    pub planned_utc: Option<Time>,
    pub start_utc: Option<Time>,
    pub end_utc: Option<Time>,
    #[sqlx(flatten)]
    pub counts: Counts,
    #[sqlx(flatten)]
    pub leavers: LeaverCounts,
    #[sqlx(flatten)]
    pub leaver_calls: LeaverCallCounts,
    pub held_until: Option<Time>,
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

impl Run {
    /// Whether it sends everybody because somebody emptied the list.
    #[must_use]
    pub fn is_list_emptied(&self) -> bool {
        self.list_emptied || self.full_because == Some(FullBecause::ListEmptied)
    }

    /// Why it does more than sending changes, as callers see it.
    #[must_use]
    pub fn shown_full_because(&self) -> Option<FullBecause> {
        if self.is_list_emptied() { Some(FullBecause::ListEmptied) } else { self.full_because }
    }

    /// The status, as callers see it.
    #[must_use]
    pub const fn shown_status(&self) -> RunStatus {
        match (self.status, self.held_until) {
            (RunStatus::Queued, Some(_)) => RunStatus::AwaitingApproval,
            (status, _) => status,
        }
    }
}

/// Whether the batches or the rejections of a run are still stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum DetailState {
    Kept,
    /// The first rows are removed, so that no list of them would be complete.
    Leaving,
    Gone,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RunSegment {
    pub segment_id: SegmentId,
    /// Its name when the run was submitted.
    pub name: SegmentName,
    /// Its members, at the start of the run.
    pub member_count: i64,
    /// The objects the run reads, once pinned.
    pub manifest: Option<Json<Manifest>>,
    /// Who gave the segment the members that the run reads, once pinned.
    pub members_by: Option<String>,
    /// When the segment was refreshed whose members the run reads, once pinned.
    pub refreshed_utc: Option<Time>,
}
