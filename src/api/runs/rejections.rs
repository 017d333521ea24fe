//! The details of a run: its batches, and every profile that it did not send, or that is not on the list.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::details::{DetailCall, DetailList, removed};
use super::find::find;
use crate::app::App;
use crate::audit::Action;
use crate::audit::reads::ReadRecorder;
use crate::db::ReadHandle;
use crate::http::auth::{Caller, Contributor, Viewer};
use crate::http::body::Id;
use crate::http::paging::{Page, Paging};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::query::Query;
use crate::names::RunId;
use crate::params::Params;
use crate::records::rejection::{RejectionCode, listed};
use crate::runs::{
    BatchResult, BatchStatus, DetailState, Rejection, RejectionOutcome, store_batches,
};

const CSV_HEADER: &str = "customerId,email,outcome,code,message,batch,winner\r\n";

/// A page of at most 1000 rows, with what Campaign Monitor answered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(
    example = json!({"number": 1, "firstRow": 0, "rows": 1000, "status": "successful",
        "httpStatus": 201, "attempts": 1, "durationMs": 640, "created": 812, "updated": 188, "rejected": 0,
        "inferred": 0, "unchanged": 0}),
)]
pub struct BatchView {
    /// From 1.
    pub number: i64,
    /// Its first row in the run, from 0.
    pub first_row: i64,
    /// Rows of the segments it covers, sent or not.
    pub rows: i64,
    pub status: BatchStatus,
    /// Of the last answer; `null` when nothing was sent or nothing was answered.
    #[schema(required)]
    pub http_status: Option<i32>,
    /// Calls to Campaign Monitor, including retries.
    pub attempts: i32,
    /// From the first call to the last answer.
    pub duration_ms: i64,
    /// Profiles that are new on the list.
    pub created: i64,
    /// On the list before, and updated.
    pub updated: i64,
    /// Not sent: Campaign Monitor has acknowledged the same record before.
    pub unchanged: i64,
    /// Profiles that Campaign Monitor rejected.
    pub rejected: i64,
    /// Of the created and updated: those that no answer counted, and that were read back from the list as they were
    /// sent.
    pub inferred: i64,
}

/// A profile that a run did not send, or that is not on the list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RejectionView {
    /// As the segment has it.
    #[schema(example = "3")]
    pub customer_id: String,
    /// As the segment has it.
    #[schema(example = "not an address")]
    pub email: String,
    pub outcome: RejectionOutcome,
    /// Stable, camelCase.
    #[schema(value_type = RejectionCode)]
    pub code: String,
    /// Why the profile was rejected, for people.
    #[schema(example = "The e-mail address has a form that Campaign Monitor does not accept.")]
    pub message: String,
    /// The values that the message names, for a front end that says it in its own words; none of the person.
    #[serde(skip_serializing_if = "Params::is_empty")]
    #[schema(value_type = Object, required = false, example = json!({"field": "Consent"}))]
    pub params: Params,
    /// Number of the batch that the profile was in.
    #[schema(example = 1)]
    pub batch: i64,
    /// Of a `duplicate`: the `CustomerId` of the profile that was sent with this address, once the run has gone through
    /// all profiles. Otherwise `null`.
    #[schema(required, example = "1002")]
    pub winner: Option<String>,
}

/// Selects rejections; without it, all are listed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RejectionFilter {
    /// Only rejections with this outcome.
    outcome: Option<RejectionOutcome>,
}

/// Lists the batches of a run, from the first.
///
/// A batch is one call to Campaign Monitor, with at most 1000 profiles.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Viewer"])),
    params(("id" = RunId, Path), Paging),
    responses(
        (status = 200, body = Page<BatchView>),
        (
            status = 410,
            description = "The details were deleted at the end of their retention period: `removed`",
            body = ProblemDocument,
        ),
    ),
)]
#[get("/runs/{id}/batches")]
pub async fn list_batches(
    caller: Caller<Viewer>,
    app: Data<App>,
    id: Id<RunId>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after()?);
    let mut tx = app.db.read().await?;
    let run = find(&mut tx, caller.instance, id.0).await?;
    if run.batches_state != DetailState::Kept {
        return Err(removed("batches"));
    }
    let rows = store_batches::list(&mut tx, id.0, after, limit).await?;
    Ok(HttpResponse::Ok().json(Page::of(
        rows,
        limit,
        |row: &BatchResult| row.number,
        BatchView::from,
    )))
}

/// Lists every profile that a run did not send, or that is not on the list.
///
/// The address of a `duplicate` is on the list, unless another rejection names it: another profile with it was sent.
/// The answer is personal data: the audit records who read it. JSON comes in pages; `Accept: text/csv` or
/// `application/x-ndjson` downloads the complete list. The number of rows is the sum of the counts rejected, invalid,
/// duplicate and inDoubt. Rejections can be deleted before their run: from then on the answer is 410, and an active
/// download stops. In CSV, a value that begins with `=`, `+`, `-`, `@`, a tab or a carriage return has a single quote
/// before it, so that no spreadsheet runs it as a formula; JSON has it unchanged.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Contributor"])),
    params(("id" = RunId, Path), RejectionFilter, Paging),
    responses(
        (
            status = 200,
            content(
                (Page<RejectionView> = "application/json"),
                (
                    String = "text/csv",
                    example = "customerId,email,outcome,code,message,batch,winner\r\n3,not an \
                        address,invalid,addressMalformed,The e-mail address has a form that Campaign Monitor does not \
                        accept.,1,\r\n",
                ),
                (
                    String = "application/x-ndjson",
                    example = "{\"customerId\":\"3\",\"email\":\"not an \
                        address\",\"outcome\":\"invalid\",\"code\":\"addressMalformed\",\"message\":\"The e-mail \
                        address has a form that Campaign Monitor does not accept.\",\"batch\":1,\"winner\":null}\n",
                ),
            ),
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
#[get("/runs/{id}/rejections")]
pub async fn list_rejections(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<RunId>,
    filter: Query<RejectionFilter>,
    paging: Query<Paging>,
    reads: Data<ReadRecorder>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (instance, run, outcome) = (caller.instance, id.0, filter.outcome);
    let list = DetailList {
        action: Action::RunReadRejections,
        what: json!({"outcome": outcome}),
        check: async move |tx: &mut ReadHandle| check_kept(tx, instance, run).await,
        fetch: async move |tx: &mut ReadHandle, after, limit| {
            store_batches::rejections(tx, run, outcome, after, limit).await
        },
        position: |row: &Rejection| row.position,
        csv_header: CSV_HEADER,
        csv_fields: RejectionView::csv_fields,
    };
    let call =
        DetailCall { caller: &caller, app, reads: &reads, request: &request, paging: &paging, run };
    call.answer(list).await
}

/// Rejects the call when some of the rejections may be deleted.
async fn check_kept(tx: &mut ReadHandle, instance: Uuid, run: RunId) -> Result<(), Problem> {
    let run = find(tx, instance, run).await?;
    if run.rejections_state != DetailState::Kept && run.counts.named() > 0 {
        return Err(removed("rejections"));
    }
    Ok(())
}

impl RejectionView {
    fn csv_fields(self) -> Vec<String> {
        let outcome = serde_json::to_value(self.outcome).ok();
        let outcome = outcome.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
        let (outcome, batch) = (outcome.to_owned(), self.batch.to_string());
        let winner = self.winner.unwrap_or_default();
        vec![self.customer_id, self.email, outcome, self.code, self.message, batch, winner]
    }
}

impl From<BatchResult> for BatchView {
    fn from(batch: BatchResult) -> Self {
        Self {
            number: batch.number,
            first_row: batch.first_row,
            rows: batch.rows,
            status: batch.status,
            http_status: batch.http_status,
            attempts: batch.attempts,
            duration_ms: batch.duration_ms,
            created: batch.created,
            updated: batch.updated,
            inferred: batch.inferred,
            unchanged: batch.unchanged,
            rejected: batch.rejected,
        }
    }
}

impl From<Rejection> for RejectionView {
    fn from(rejection: Rejection) -> Self {
        let (code, params) = listed(rejection.code, rejection.params);
        Self {
            customer_id: rejection.customer_id,
            email: rejection.email,
            outcome: rejection.outcome,
            code,
            message: rejection.message,
            params,
            batch: rejection.batch,
            winner: rejection.winner,
        }
    }
}
