//! Where the time of a run went.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::find::find;
use crate::app::App;
use crate::db;
use crate::http::auth::{Caller, Viewer};
use crate::http::body::Id;
use crate::http::paging::{Page, Paging};
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::names::RunId;
use crate::runs::store_requests::{self, Observed};
use crate::runs::{
    BatchResult, DetailState, RequestSums, Run, RunPhase, RunStatus, Timeline, store_batches,
};

/// Milliseconds of each phase. Every moment of the run belongs to one of them, so they add up to `durationMs`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(
    example = json!({"queued": 12, "preparing": 48, "reading": 3, "encoding": 2, "waitingForSlot": 0, "throttled": 0,
        "uploading": 640, "writing": 9, "verifying": 31}),
)]
pub struct PhaseTimes {
    /// No worker had the run: it waited for one, for its next try, for an approval, or after a worker that died.
    pub queued: i64,
    /// The list, its fields and its counts were read, and the plan was computed.
    pub preparing: i64,
    /// A place for an upload was free, and the next batch was being read.
    pub reading: i64,
    /// A place was free, and the records of the next batch were being made.
    pub encoding: i64,
    /// A call waited until fewer others were in flight.
    pub waiting_for_slot: i64,
    /// Campaign Monitor asked to slow down, or a call that failed waited for its next try.
    pub throttled: i64,
    /// Campaign Monitor worked on a call.
    pub uploading: i64,
    /// Answers were written to the database, and at the end the next baseline.
    pub writing: i64,
    /// The list was read back.
    pub verifying: i64,
}

/// How many calls a run made to Campaign Monitor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"made": 14, "failed": 1, "stored": 14}))]
pub struct RequestCounts {
    pub made: i64,
    /// Of these: those without an answer, or with a status of 400 or more.
    pub failed: i64,
    /// Of the calls that were made: those that `/requests` lists, unless they were deleted since.
    pub stored: i64,
}

/// What one batch waited for. Batches are in flight side by side, so they add up to more than the run.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(
    example = json!({"number": 1, "rows": 1000, "startUtc": "2026-11-23T10:05:00Z", "durationMs": 640,
        "encodingMs": 3, "waitingForSlotMs": 0, "throttledMs": 0, "uploadingMs": 637}),
)]
pub struct BatchTimesView {
    /// From 1.
    pub number: i64,
    /// Rows of the segments it covers, sent or not.
    pub rows: i64,
    /// When a worker began to send it; `null` of a batch that no call was made for by the worker that wrote it.
    #[schema(required)]
    pub start_utc: Option<DateTime<Utc>>,
    /// From then to the last answer.
    pub duration_ms: i64,
    /// Its records were made, before `startUtc`.
    pub encoding_ms: i64,
    pub waiting_for_slot_ms: i64,
    pub throttled_ms: i64,
    pub uploading_ms: i64,
}

/// Where the time of a run went.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunTimelineView {
    pub run_id: RunId,
    pub submitted_utc: DateTime<Utc>,
    /// Up to when the time is accounted for: of an ended run its end, of an active one a moment of the last seconds.
    pub until_utc: DateTime<Utc>,
    /// From `submittedUtc` to `untilUtc`.
    pub duration_ms: i64,
    pub phases: PhaseTimes,
    pub requests: RequestCounts,
    /// From the first; `null` when they were deleted at the end of their retention period.
    #[schema(required)]
    pub batches: Option<Page<BatchTimesView>>,
}

/// Shows where the time of a run went, by phase and by batch.
///
/// Reading, encoding and uploads go on side by side. A moment belongs to what the run waited for then: while a place
/// for an upload was free, that is the next batch; while none was free, it is divided equally among the batches that
/// were in them. `limit` and `cursor` page through the batches.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Viewer"])),
    params(("id" = RunId, Path), Paging),
    responses((status = 200, body = RunTimelineView)),
)]
#[get("/runs/{id}/timeline")]
pub async fn get_timeline(
    caller: Caller<Viewer>,
    app: Data<App>,
    id: Id<RunId>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after()?);
    let mut tx = app.db.read().await?;
    let run = find(&mut tx, caller.instance, id.0).await?;
    let observed = store_requests::observed(&mut tx, id.0).await?;
    let batches = if run.batches_state == DetailState::Kept {
        let rows = store_batches::list(&mut tx, id.0, after, limit).await?;
        let position = |row: &BatchResult| row.number;
        Some(Page::of(rows, limit, position, BatchTimesView::from))
    } else {
        None
    };
    Ok(HttpResponse::Ok().json(RunTimelineView::of(&run, observed, batches)))
}

impl RunTimelineView {
    fn of(run: &Run, observed: Observed, batches: Option<Page<BatchTimesView>>) -> Self {
        let Observed { timeline, requests } = observed;
        let timeline = timeline.map_or_else(|| Timeline::begun(run.submitted_utc), |json| json.0);
        let timeline = match run.status {
            RunStatus::Running => timeline,
            _ => timeline.queued_until(run.end_utc.unwrap_or_else(db::now)),
        };
        let phases = PhaseTimes::of(&timeline);
        Self {
            run_id: run.id,
            submitted_utc: run.submitted_utc,
            until_utc: timeline.until_utc,
            duration_ms: (timeline.until_utc - run.submitted_utc).num_milliseconds(),
            phases,
            requests: requests.map(|sums| sums.0).unwrap_or_default().into(),
            batches,
        }
    }
}

impl PhaseTimes {
    fn of(timeline: &Timeline) -> Self {
        let milliseconds = timeline.milliseconds();
        let of = |phase| milliseconds.get(&phase).copied().unwrap_or_default();
        Self {
            queued: of(RunPhase::Queued),
            preparing: of(RunPhase::Preparing),
            reading: of(RunPhase::Reading),
            encoding: of(RunPhase::Encoding),
            waiting_for_slot: of(RunPhase::WaitingForSlot),
            throttled: of(RunPhase::Throttled),
            uploading: of(RunPhase::Uploading),
            writing: of(RunPhase::Writing),
            verifying: of(RunPhase::Verifying),
        }
    }
}

impl From<RequestSums> for RequestCounts {
    fn from(sums: RequestSums) -> Self {
        Self { made: sums.made, failed: sums.failed, stored: sums.stored }
    }
}

impl From<BatchResult> for BatchTimesView {
    fn from(batch: BatchResult) -> Self {
        Self {
            number: batch.number,
            rows: batch.rows,
            start_utc: batch.started_utc,
            duration_ms: batch.duration_ms,
            encoding_ms: batch.times.encoding_ms,
            waiting_for_slot_ms: batch.times.waiting_ms,
            throttled_ms: batch.times.throttled_ms,
            uploading_ms: batch.times.uploading_ms,
        }
    }
}
