//! The values that a run could not send as they are.

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
use crate::campaign_monitor::ProblemCode;
use crate::db::ReadHandle;
use crate::http::auth::{Caller, Contributor};
use crate::http::body::Id;
use crate::http::paging::{Page, Paging};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::query::Query;
use crate::names::RunId;
use crate::params::Params;
use crate::runs::{DetailState, ValueProblem, store_batches, value_params};

const CSV_HEADER: &str = "position,customerId,email,field,key,code,value,sent\r\n";

/// A value of a profile that a run could not send as it is. The profile was sent without it, or with `sent`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(
    example = json!({"position": 3, "customerId": "1004", "email": "jonas.weiss@example.com", "field": "Born",
        "key": "birthday", "code": "notADate", "params": {"field": "Born", "key": "birthday"},
        "value": "31/12/1990", "sent": null}),
)]
pub struct ValueProblemView {
    /// Row of the profile in the run, from 0.
    pub position: i64,
    /// As the segment has it.
    pub customer_id: String,
    /// As the segment has it; what cannot be seen is shown as `<U+200B>`.
    pub email: String,
    /// The field of the profile.
    pub field: String,
    /// Key of the custom field on the list, or `EmailAddress`, `Name`, `MobileNumber`, `ConsentToTrack`,
    /// `ConsentToSendSms`.
    pub key: String,
    pub code: ProblemCode,
    /// What a sentence about it names, for a front end that says it in its own words; never the value.
    #[schema(value_type = Object)]
    pub params: Params,
    /// The first 100 characters of the value; what cannot be seen is shown as `<U+200B>`.
    pub value: String,
    /// What was sent instead; `null` when nothing was.
    #[schema(required)]
    pub sent: Option<String>,
}

/// Selects value problems; without it, all are listed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ValueProblemFilter {
    /// Only problems with this code.
    code: Option<ProblemCode>,
}

/// Lists the values that a run could not send as they are.
///
/// The profiles themselves were sent. The first 10,000 values of a run are stored; `fieldWarnings` of the run counts
/// all of them by field and code. The answer is personal data: the audit records who read it. JSON comes in pages;
/// `Accept: text/csv` or `application/x-ndjson` downloads the complete list. Value problems are deleted with the
/// rejections of the run: from then on the answer is 410, and an active download stops. In CSV, a value that begins
/// with `=`, `+`, `-`, `@`, a tab or a carriage return has a single quote before it, so that no spreadsheet runs it as
/// a formula; JSON has it unchanged.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Contributor"])),
    params(("id" = RunId, Path), ValueProblemFilter, Paging),
    responses(
        (
            status = 200,
            content(
                (Page<ValueProblemView> = "application/json"),
                (
                    String = "text/csv",
                    example = "position,customerId,email,field,key,code,value,sent\r\n3,1004,jonas.weiss@example.com,\
                        Born,birthday,notADate,31/12/1990,\r\n",
                ),
                (
                    String = "application/x-ndjson",
                    example = "{\"position\":3,\"customerId\":\"1004\",\"email\":\"jonas.weiss@example.com\",\
                        \"field\":\"Born\",\"key\":\"birthday\",\"code\":\"notADate\",\
                        \"params\":{\"field\":\"Born\",\"key\":\"birthday\"},\"value\":\"31/12/1990\",\
                        \"sent\":null}\n",
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
#[get("/runs/{id}/value-problems")]
pub async fn list_value_problems(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<RunId>,
    filter: Query<ValueProblemFilter>,
    paging: Query<Paging>,
    reads: Data<ReadRecorder>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (instance, run, code) = (caller.instance, id.0, filter.code);
    let list = DetailList {
        action: Action::RunReadValueProblems,
        what: json!({"code": code}),
        check: async move |tx: &mut ReadHandle| check_kept(tx, instance, run).await,
        fetch: async move |tx: &mut ReadHandle, after, limit| {
            store_batches::value_problems(tx, run, code, after, limit).await
        },
        position: |row: &ValueProblem| [row.position, row.number],
        csv_header: CSV_HEADER,
        csv_fields: ValueProblemView::csv_fields,
    };
    let call =
        DetailCall { caller: &caller, app, reads: &reads, request: &request, paging: &paging, run };
    call.answer(list).await
}

/// Rejects the call when some of the problems may be deleted. They are deleted with the rejections.
async fn check_kept(tx: &mut ReadHandle, instance: Uuid, run: RunId) -> Result<(), Problem> {
    let run = find(tx, instance, run).await?;
    if run.rejections_state != DetailState::Kept && run.field_warnings.0.total() > 0 {
        return Err(removed("value problems"));
    }
    Ok(())
}

impl ValueProblemView {
    fn csv_fields(self) -> Vec<String> {
        vec![
            self.position.to_string(),
            self.customer_id,
            self.email,
            self.field,
            self.key,
            self.code.word().to_owned(),
            self.value,
            self.sent.unwrap_or_default(),
        ]
    }
}

impl From<ValueProblem> for ValueProblemView {
    fn from(problem: ValueProblem) -> Self {
        Self {
            params: value_params(problem.code, &problem.field, &problem.key),
            position: problem.position,
            customer_id: problem.customer_id,
            email: problem.email,
            field: problem.field,
            key: problem.key,
            code: problem.code,
            value: problem.value,
            sent: problem.sent,
        }
    }
}
