//! The calls that a run made to Campaign Monitor.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::details::{DetailCall, DetailList, removed};
use super::find::find;
use crate::app::App;
use crate::audit::Action;
use crate::audit::reads::ReadRecorder;
use crate::campaign_monitor::mask_body;
use crate::db::ReadHandle;
use crate::erasures::CaseText;
use crate::http::auth::{Caller, Contributor};
use crate::http::body::Id;
use crate::http::paging::{Page, Paging};
use crate::http::problem::{Problem, ProblemDocument, ProblemKind};
use crate::http::query::Query;
use crate::names::RunId;
use crate::runs::store_requests::{self, RequestQuery};
use crate::runs::{DetailState, RunRequest};

/// The largest number that every reader of JSON has.
const BATCH_MAX: i64 = 9_007_199_254_740_991;
const CSV_HEADER: &str = "number,attempt,batch,method,path,status,failure,startedUtc,durationMs,requestBytes,\
    responseBytes,rateLimit,rateRemaining,rateReset,retryAfter,traceId,requestBody,responseBody\r\n";

/// The statuses of calls that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum StatusClass {
    #[serde(rename = "2xx")]
    Accepted,
    #[serde(rename = "3xx")]
    Redirected,
    #[serde(rename = "4xx")]
    Rejected,
    #[serde(rename = "5xx")]
    Failed,
    /// No answer came.
    #[serde(rename = "none")]
    Unanswered,
}

impl StatusClass {
    const fn digit(self) -> i32 {
        match self {
            Self::Unanswered => 0,
            Self::Accepted => 2,
            Self::Redirected => 3,
            Self::Rejected => 4,
            Self::Failed => 5,
        }
    }
}

/// A call of a run to Campaign Monitor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(
    example = json!({"number": 9, "attempt": 1, "batch": 1, "method": "POST",
        "path": "/api/v3.3/subscribers/a58ee1d3039b8bec838e6d1482a8a965/import.json", "status": 201, "failure": null,
        "startedUtc": "2026-11-23T10:05:00Z", "durationMs": 640, "requestBytes": 214_016, "responseBytes": 152,
        "rateLimit": null, "rateRemaining": null, "rateReset": null, "retryAfter": null,
        "traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "requestBody": null, "responseBody": null}),
)]
pub struct RequestView {
    /// From 1, in the order in which the calls ended. Numbers are missing where calls are not stored.
    pub number: i64,
    /// The worker that made it: 1 for the first that had the run.
    pub attempt: i64,
    /// Number of the batch that it belongs to, else `null`.
    #[schema(required)]
    pub batch: Option<i64>,
    pub method: String,
    /// With the query, in which addresses are masked.
    pub path: String,
    /// Of the answer; `null` when none came.
    #[schema(required)]
    pub status: Option<i32>,
    /// Why no answer came: `unreachable`, `timedOut`, `interrupted`, or `abandoned` when the worker stopped waiting.
    #[schema(required)]
    pub failure: Option<String>,
    pub started_utc: DateTime<Utc>,
    pub duration_ms: i64,
    pub request_bytes: i64,
    /// After decompression.
    pub response_bytes: i64,
    /// `X-RateLimit-Limit` of the answer.
    #[schema(required)]
    pub rate_limit: Option<String>,
    /// `X-RateLimit-Remaining` of the answer.
    #[schema(required)]
    pub rate_remaining: Option<String>,
    /// `X-RateLimit-Reset` of the answer, in seconds.
    #[schema(required)]
    pub rate_reset: Option<String>,
    /// `Retry-After` of the answer.
    #[schema(required)]
    pub retry_after: Option<String>,
    /// The trace of the attempt, 32 hex digits.
    #[schema(required)]
    pub trace_id: Option<String>,
    /// The first 16 KiB, of the first calls and of failed ones; addresses and values are masked.
    #[schema(required)]
    pub request_body: Option<String>,
    #[schema(required)]
    pub response_body: Option<String>,
}

/// Selects calls; without it, all are listed, with masked bodies.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RequestFilter {
    /// Only calls whose answer has such a status.
    status: Option<StatusClass>,
    /// Only calls of the batch with this number.
    #[param(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    batch: Option<i64>,
    /// Shows the bodies as they were sent and answered. For administrators, with a `reason`.
    unmask: Option<bool>,
    /// Why the bodies are to be shown unmasked; the audit keeps it.
    reason: Option<CaseText>,
}

/// Lists the calls that a run made to Campaign Monitor, in the order in which they ended.
///
/// Of a run up to 20,000 accepted calls and up to 5,000 failed ones are stored; `requests` of the timeline counts all.
/// Bodies are stored of the very first call, of the first that sends profiles, and of failed ones, at most 100 in a
/// run. Addresses are shown as `a***@e***.com`, other values by their length and kinds of characters. With
/// `unmask=true` administrators get bodies as they were sent, and the audit keeps their `reason`. A call whose worker
/// died before the next batch was written is missing, and so is signing in. The audit records who read the list. JSON
/// comes in pages; `Accept: text/csv` or `application/x-ndjson` downloads the complete list. Calls are deleted with the
/// rejections of the run: from then on the answer is 410.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Contributor"])),
    params(("id" = RunId, Path), RequestFilter, Paging),
    responses(
        (
            status = 200,
            content(
                (Page<RequestView> = "application/json"),
                (String = "text/csv"),
                (String = "application/x-ndjson"),
            ),
        ),
        (
            status = 403,
            description = "Your role does not allow it, or does not allow `unmask`: `forbidden`",
            body = ProblemDocument,
        ),
        (
            status = 406,
            description = "None of the accepted content types is available: `notAcceptable`",
            body = ProblemDocument,
        ),
        (
            status = 410,
            description = "The details were deleted at the end of their retention period: `removed`",
            body = ProblemDocument,
        ),
    ),
)]
#[get("/runs/{id}/requests")]
pub async fn list_requests(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<RunId>,
    filter: Query<RequestFilter>,
    paging: Query<Paging>,
    reads: Data<ReadRecorder>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (instance, run) = (caller.instance, id.0);
    let reason = filter.checked_reason(&caller)?.map(CaseText::as_str);
    let (is_masked, query) = (reason.is_none(), filter.query()?);
    let list = DetailList {
        action: Action::RunReadRequests,
        what: json!({"status": filter.status, "batch": filter.batch, "unmask": !is_masked, "reason": reason}),
        check: async move |tx: &mut ReadHandle| check_kept(tx, instance, run).await,
        fetch: async move |tx: &mut ReadHandle, after, limit| {
            let calls = store_requests::list(tx, run, query, after, limit).await?;
            Ok(if is_masked { calls.into_iter().map(masked).collect() } else { calls })
        },
        position: |row: &RunRequest| row.number,
        csv_header: CSV_HEADER,
        csv_fields: RequestView::csv_fields,
    };
    let call =
        DetailCall { caller: &caller, app, reads: &reads, request: &request, paging: &paging, run };
    call.answer(list).await
}

impl RequestFilter {
    fn query(&self) -> Result<RequestQuery, Problem> {
        if self.batch.is_some_and(|batch| !(1..=BATCH_MAX).contains(&batch)) {
            let detail = "`batch` in the query is not valid. Send the number of a batch, from 1.";
            return Err(Problem::new(ProblemKind::InvalidRequest, detail));
        }
        Ok(RequestQuery { class: self.status.map(StatusClass::digit), batch: self.batch })
    }

    /// Why the bodies are shown unmasked; `None`: they are masked.
    fn checked_reason(&self, caller: &Caller<Contributor>) -> Result<Option<&CaseText>, Problem> {
        match (self.unmask.unwrap_or_default(), &self.reason) {
            (false, _) => Ok(None),
            (true, _) if !caller.is_admin() => Err(Problem::new(
                ProblemKind::Forbidden,
                "Only administrators may see bodies unmasked. Leave `unmask` out.",
            )),
            (true, None) => Err(Problem::new(
                ProblemKind::InvalidRequest,
                "`unmask` needs a `reason` in the query. Say why you need to see people's data.",
            )),
            (true, reason) => Ok(reason.as_ref()),
        }
    }
}

/// Rejects the call when some of the calls may be deleted. They are deleted with the rejections.
async fn check_kept(tx: &mut ReadHandle, instance: Uuid, run: RunId) -> Result<(), Problem> {
    let run = find(tx, instance, run).await?;
    if run.rejections_state == DetailState::Kept { Ok(()) } else { Err(removed("requests")) }
}

fn masked(call: RunRequest) -> RunRequest {
    let mask = |body: Option<String>| body.as_deref().map(mask_body);
    RunRequest {
        request_body: mask(call.request_body),
        response_body: mask(call.response_body),
        ..call
    }
}

impl RequestView {
    fn csv_fields(self) -> Vec<String> {
        let number = |number: Option<i64>| number.map(|number| number.to_string());
        let texts = [
            number(Some(self.number)),
            number(Some(self.attempt)),
            number(self.batch),
            Some(self.method),
            Some(self.path),
            number(self.status.map(i64::from)),
            self.failure,
            Some(self.started_utc.to_rfc3339()),
            number(Some(self.duration_ms)),
            number(Some(self.request_bytes)),
            number(Some(self.response_bytes)),
            self.rate_limit,
            self.rate_remaining,
            self.rate_reset,
            self.retry_after,
            self.trace_id,
            self.request_body,
            self.response_body,
        ];
        texts.into_iter().map(Option::unwrap_or_default).collect()
    }
}

impl From<RunRequest> for RequestView {
    fn from(call: RunRequest) -> Self {
        Self {
            number: call.number,
            attempt: call.attempt,
            batch: call.batch,
            method: call.method,
            path: call.path,
            status: call.status,
            failure: call.failure,
            started_utc: call.started_utc,
            duration_ms: call.duration_ms,
            request_bytes: call.request_bytes,
            response_bytes: call.response_bytes,
            rate_limit: call.rate_limit,
            rate_remaining: call.rate_remaining,
            rate_reset: call.rate_reset,
            retry_after: call.retry_after,
            trace_id: call.trace_id,
            request_body: call.request_body,
            response_body: call.response_body,
        }
    }
}
