//! Verifications of a run: asked for, and listed.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::details::removed;
use super::find::find;
use crate::api::access::may_edit;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db::{self, ReadHandle, WriteHandle};
use crate::exports::VerificationLevel;
use crate::http::address;
use crate::http::auth::{Caller, Contributor, Viewer};
use crate::http::body::{Body, Id};
use crate::http::idempotency::{Answer, IdempotencyKey, Idempotent};
use crate::http::paging::{Page, Paging};
use crate::http::problem::{FieldError, Member, Problem, ProblemDocument, ProblemKind};
use crate::http::query::Query;
use crate::names::RunId;
use crate::receipts::VerificationRecord;
use crate::runs::{DetailState, Run, RunStatus, store as run_store};
use crate::verifications::store::{self, NewVerification};
use crate::verifications::{ListVerification, PAGES_DEFAULT, PAGES_MAX};

/// How much of the list is compared with what the run sent.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewVerificationBody {
    level: VerificationLevel,
    /// Of a sample: pages of a thousand subscribers, drawn at random. 5 unless you say otherwise.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000, example = 5)]
    pages: Option<i64>,
}

/// A comparison of the list with what a run sent, and who asked for it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerificationView {
    #[serde(flatten)]
    pub record: VerificationRecord,
    pub run_id: RunId,
    /// Of a sample: pages that are read.
    #[schema(required)]
    pub pages: Option<i64>,
    /// Why it failed, in words.
    #[schema(required, max_length = 1000)]
    pub reason: Option<String>,
    /// Subject of who asked for it; `null` when the export has it done after every run.
    #[schema(required, example = "ann@example.com")]
    pub requested_by: Option<String>,
    /// When it was asked for.
    pub requested_utc: DateTime<Utc>,
    /// Pages of the list that were read, some perhaps twice.
    #[schema(required)]
    pub pages_read: Option<i64>,
    /// Pages that the list had.
    #[schema(required)]
    pub pages_of: Option<i64>,
}

impl From<ListVerification> for VerificationView {
    fn from(one: ListVerification) -> Self {
        Self {
            record: VerificationRecord::from(&one),
            run_id: one.run_id,
            pages: one.pages,
            reason: one.reason,
            requested_by: one.requested_by,
            requested_utc: one.requested_utc,
            pages_read: one.pages_read,
            pages_of: one.pages_of,
        }
    }
}

/// Compares the list with what a run sent.
///
/// A worker does it, and changes nothing on the list. `counts` compares how many people are in each state, `sample`
/// some pages of the list, `full` all of them. Only the newest run of an export can be verified: a later one has sent
/// other values.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Contributor"])),
    params(("id" = RunId, Path)),
    request_body = NewVerificationBody,
    responses(
        (status = 202, body = VerificationView),
        (
            status = 409,
            description = "The run has not ended, is not the newest of its export, read nothing, or is being verified \
                (`verificationId` names it); or the idempotency key was used with another request: `runNotEnded`, \
                `runNotVerifiable`, `verificationOpen`, `idempotencyKeyReused`",
            body = ProblemDocument,
        ),
        (
            status = 410,
            description = "The details were deleted at the end of their retention period: `removed`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/runs/{id}/verifications")]
pub async fn start_verification(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<RunId>,
    key: IdempotencyKey,
    body: Body<NewVerificationBody>,
) -> Result<HttpResponse, Problem> {
    let (level, pages) = (body.value.level, body.value.pages_checked()?);
    let create = async |tx: &mut WriteHandle| {
        let run = find(tx, caller.instance, id.0).await?;
        may_edit(tx, &caller, run.connection_id).await?;
        check_verifiable(tx, &run).await?;
        let by = Some(caller.subject().to_owned());
        let (instance, now) = (run.instance_id, db::now());
        let new = NewVerification { run: run.id, instance, level, pages, by, now };
        let Some(verification) = store::insert(tx, &new).await? else {
            return Err(already_open(tx, run.id).await?);
        };
        let what =
            json!({"verificationId": verification.id, "level": level, "pages": verification.pages});
        audit::record(tx, &caller.author, Action::RunVerify, Change::done(&run, &what)).await?;
        let runs = address::location(instance, "runs", run.id.0);
        let view = VerificationView::from(verification);
        let answer = Answer::json(StatusCode::ACCEPTED, &view)?;
        Ok((answer.at(format!("{runs}/verifications")), ()))
    };
    let (response, _) = Idempotent::new(&caller, key, &body.digest).create(&app, create).await?;
    Ok(response)
}

impl NewVerificationBody {
    /// The pages of a sample.
    fn pages_checked(&self) -> Result<Option<i64>, Problem> {
        match (self.level, self.pages) {
            (VerificationLevel::Sample, None) => Ok(Some(PAGES_DEFAULT)),
            (VerificationLevel::Sample, Some(pages)) if (1..=PAGES_MAX).contains(&pages) => {
                Ok(Some(pages))
            }
            (VerificationLevel::Sample, Some(_)) => {
                let message = format!("`pages` is 1 to {PAGES_MAX}.");
                let error = FieldError::new("/pages", "outOfRange", message);
                let error = error.with("min", 1_i64).with("max", PAGES_MAX);
                Err(error.into())
            }
            (_, None) => Ok(None),
            (_, Some(_)) => {
                let message = "Only a sample has `pages`. Leave them out.";
                Err(Problem::unprocessable("/pages", "notAccepted", message))
            }
        }
    }
}

async fn check_verifiable(tx: &mut ReadHandle, run: &Run) -> Result<(), Problem> {
    if !run.status.is_ended() {
        return Err(not_ended(run));
    }
    if run.rejections_state != DetailState::Kept {
        return Err(removed("rejections"));
    }
    if run.status == RunStatus::Skipped {
        let detail = "The run was skipped: it sent nothing, so there is nothing to compare.";
        return Err(Problem::new(ProblemKind::RunNotVerifiable, detail));
    }
    if run.counts.remaining() > 0 {
        let detail = "The run has not sent every profile. Verify a run that has.";
        return Err(Problem::new(ProblemKind::RunNotVerifiable, detail));
    }
    if run_store::has_later_start(tx, run).await? {
        let detail = "A later run of this export has sent its profiles since. Verify that one.";
        return Err(Problem::new(ProblemKind::RunNotVerifiable, detail));
    }
    Ok(())
}

/// The answer when a run has not ended.
pub(super) fn not_ended(run: &Run) -> Problem {
    let detail = "The run has not ended yet. Wait for its end, then ask again.";
    Problem::new(ProblemKind::RunNotEnded, detail).with(Member::RunStatus, run.shown_status())
}

async fn already_open(tx: &mut ReadHandle, run: RunId) -> Result<Problem, Problem> {
    let newest = store::of_run(tx, run, None, 1).await?;
    let open = newest.first().map(|one| one.id);
    let detail = "The run is being verified already. Wait for that to end.";
    let problem = Problem::new(ProblemKind::VerificationOpen, detail);
    Ok(problem.with(Member::VerificationId, open))
}

/// Lists the verifications of a run.
///
/// Newest first. The first one is done at the end of the run, at the level that its export names in `sync.verify`.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Viewer"])),
    params(("id" = RunId, Path), Paging),
    responses((status = 200, body = Page<VerificationView>)),
)]
#[get("/runs/{id}/verifications")]
pub async fn list_verifications(
    caller: Caller<Viewer>,
    app: Data<App>,
    id: Id<RunId>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after()?);
    let mut tx = app.db.read().await?;
    let run = find(&mut tx, caller.instance, id.0).await?;
    let rows = store::of_run(&mut tx, run.id, after, limit).await?;
    let page = Page::of(rows, limit, |row: &ListVerification| row.id.0, VerificationView::from);
    Ok(HttpResponse::Ok().json(page))
}
