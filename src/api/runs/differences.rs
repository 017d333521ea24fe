//! The people of whom a verification found something else than was sent.

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse, get};
use futures::future::{Ready, ready};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::details::{DetailCall, DetailList, removed};
use super::find::find;
use crate::api::access::may_edit;
use crate::app::App;
use crate::audit::Action;
use crate::audit::reads::ReadRecorder;
use crate::db::ReadHandle;
use crate::http::auth::{Caller, Contributor};
use crate::http::paging::{Page, Paging};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::query::Query;
use crate::names::RunId;
use crate::runs::DetailState;
use crate::verifications::store::{self, NumberedDifference};
use crate::verifications::{DifferenceKind, ListDifference, VerificationId};

const CSV_HEADER: &str = "kind,email,customerId,state\r\n";

/// A person of whom the list has something else than was sent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(
    example = json!({"kind": "missing", "email": "liis.kask@example.com", "customerId": "1002", "state": "deleted"}),
)]
pub struct ListDifferenceView {
    pub kind: DifferenceKind,
    /// Of a member as it was sent, else as the list has it.
    pub email: String,
    /// Of a member whom no page of the list has shown, else `null`.
    #[schema(required)]
    pub customer_id: Option<String>,
    /// What the person is to the list: `active`, `unconfirmed`, `unsubscribed`, `bounced`, `deleted`; `null` when the
    /// list does not know the person.
    #[schema(required, max_length = 20)]
    pub state: Option<String>,
}

/// Selects differences; without it, all are listed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DifferenceFilter {
    /// Only differences of this kind.
    kind: Option<DifferenceKind>,
}

/// Lists the people of whom a verification found something else than was sent.
///
/// For those who may use the connection of the export: strangers of the list are among them.
///
/// Up to 10,000 are stored, who is missing first; the verification counts all of them. The answer is personal data: the
/// audit records who read it. JSON comes in pages; `Accept: text/csv` or `application/x-ndjson` downloads the complete
/// list. Differences are deleted with the rejections of the run: from then on the answer is 410. In CSV, a value that
/// begins with `=`, `+`, `-`, `@`, a tab or a carriage return has a single quote before it, so that no spreadsheet runs
/// it as a formula; JSON has it unchanged.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Contributor"])),
    params(
        ("id" = RunId, Path),
        ("verificationId" = VerificationId, Path, description = "Id of the verification"),
        DifferenceFilter,
        Paging,
    ),
    responses(
        (
            status = 200,
            content(
                (Page<ListDifferenceView> = "application/json"),
                (
                    String = "text/csv",
                    example = "kind,email,customerId,state\r\nmissing,liis.kask@example.com,1002,deleted\r\n",
                ),
                (
                    String = "application/x-ndjson",
                    example = "{\"kind\":\"missing\",\"email\":\"liis.kask@example.com\",\"customerId\":\"1002\",\
                        \"state\":\"deleted\"}\n",
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
#[get("/runs/{id}/verifications/{verificationId}/differences")]
pub async fn list_differences(
    caller: Caller<Contributor>,
    app: Data<App>,
    ids: VerificationPath,
    filter: Query<DifferenceFilter>,
    paging: Query<Paging>,
    reads: Data<ReadRecorder>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (instance, kind, VerificationPath { run, verification }) =
        (caller.instance, filter.kind, ids);
    let mut tx = app.db.read().await?;
    let connection = find(&mut tx, instance, run).await?.connection_id;
    // Some of these people are on the list by nothing of this export.
    may_edit(&mut tx, &caller, connection).await?;
    drop(tx);
    let list = DetailList {
        action: Action::RunReadDifferences,
        what: json!({"verificationId": verification, "kind": kind}),
        check: async move |tx: &mut ReadHandle| check_kept(tx, instance, ids).await,
        fetch: async move |tx: &mut ReadHandle, after, limit| {
            store::differences(tx, verification, kind, after, limit).await
        },
        position: |row: &NumberedDifference| row.number,
        csv_header: CSV_HEADER,
        csv_fields: ListDifferenceView::csv_fields,
    };
    let call =
        DetailCall { caller: &caller, app, reads: &reads, request: &request, paging: &paging, run };
    call.answer(list).await
}

/// A verification of a run, in the path; 404 when one of the ids is not a UUID.
#[derive(Clone, Copy)]
pub struct VerificationPath {
    run: RunId,
    verification: VerificationId,
}

impl FromRequest for VerificationPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = |name| request.match_info().get(name).and_then(|id| id.parse::<Uuid>().ok());
        let path = id("id")
            .zip(id("verificationId"))
            .map(|(run, verification)| Self { run: run.into(), verification: verification.into() });
        ready(path.ok_or_else(|| Problem::not_found("verification with this id")))
    }
}

/// Rejects the call when the verification is not found, or when some of its differences may be deleted.
async fn check_kept(
    tx: &mut ReadHandle,
    instance: Uuid,
    path: VerificationPath,
) -> Result<(), Problem> {
    let run = find(tx, instance, path.run).await?;
    let found = store::get(tx, path.verification).await?.filter(|one| one.run_id == run.id);
    if found.is_none() {
        return Err(Problem::not_found("verification with this id"));
    }
    if run.rejections_state != DetailState::Kept {
        return Err(removed("differences"));
    }
    Ok(())
}

impl ListDifferenceView {
    fn csv_fields(self) -> Vec<String> {
        let kind = self.kind.word().to_owned();
        vec![kind, self.email, self.customer_id.unwrap_or_default(), self.state.unwrap_or_default()]
    }
}

impl From<NumberedDifference> for ListDifferenceView {
    fn from(numbered: NumberedDifference) -> Self {
        let ListDifference { kind, email, customer_id, state } = numbered.difference;
        Self { kind, email, customer_id, state }
    }
}
