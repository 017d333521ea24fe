//! The plan of a run, and the decision about one that waits for it.

use actix_web::web::Data;
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;

use super::find::{find, view};
use super::views::RunView;
use crate::api::access::may_edit;
use crate::app::App;
use crate::audit::{self, Action, Change, Snapshot};
use crate::db::{self, ReadHandle};
use crate::exports::BrakeApprover;
use crate::http::auth::{Caller, Contributor, Viewer};
use crate::http::body::{Body, Id, etag};
use crate::http::problem::{Problem, ProblemDocument, ProblemKind};
use crate::names::{Note, RunId};
use crate::pauses;
use crate::runs::makers::RunPart;
use crate::runs::store_plans::{self, StoredPlan};
use crate::runs::{Reason, ReasonCode, Run, RunPlan, held, newer_upload};

/// What a run is about to do, or has done.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanView {
    #[serde(flatten)]
    plan: RunPlan,
    /// SHA-256 of what decides: what is read, how, the settings, and who leaves. Approving names it.
    #[schema(max_length = 64, pattern = "^[0-9a-f]{64}$")]
    hash: String,
    computed_utc: DateTime<Utc>,
    /// Until when somebody may approve it; `null` when nobody has to.
    #[schema(required)]
    held_until_utc: Option<DateTime<Utc>>,
    /// Subject of who approved or declined this plan, or who started the run that came in its place; `null` while
    /// nobody has, also when an earlier plan of the run was approved.
    #[schema(required, example = "ben@example.com")]
    decided_by: Option<String>,
    #[schema(required)]
    decided_utc: Option<DateTime<Utc>>,
}

/// Which plan is approved: the one with this hash, and no other.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApproveBody {
    /// `hash` of the plan as it was read.
    #[schema(max_length = 64, pattern = "^[0-9a-f]{64}$")]
    plan_hash: String,
}

/// Why a plan is declined.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclineBody {
    note: Note,
}

/// Reads the plan of a run.
///
/// A run has one where its export removes, flags or unsubscribes people who leave, or limits how many are new; and
/// where it sends changes, and addresses changed. It is computed before the first call, and computed again when the run
/// resumes.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Viewer"])),
    params(("id" = RunId, Path)),
    responses((status = 200, body = PlanView)),
)]
#[get("/runs/{id}/plan")]
pub async fn get_plan(
    caller: Caller<Viewer>,
    app: Data<App>,
    id: Id<RunId>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.read().await?;
    let run = find(&mut tx, caller.instance, id.0).await?;
    let stored = plan_of(&mut tx, &run).await?;
    let (decided_by, decided_utc) =
        stored.decision().map(|(by, time)| (by.to_owned(), time)).unzip();
    let held_until_utc = run.held_until.filter(|_| !run.status.is_ended());
    let StoredPlan { plan: Json(plan), hash, computed_utc, .. } = stored;
    let view = PlanView { plan, hash, computed_utc, held_until_utc, decided_by, decided_utc };
    Ok(HttpResponse::Ok().json(view))
}

async fn plan_of(tx: &mut ReadHandle, run: &Run) -> Result<StoredPlan, Problem> {
    let plan = store_plans::get(tx, run.id).await?;
    plan.ok_or_else(|| Problem::not_found("plan of this run"))
}

/// Approves the plan of a run that waits for it.
///
/// The run resumes with exactly this plan: should it find another one, it waits again. Nobody may approve it who has a
/// part in it: who started the run or reported its refresh, who made its settings or changed the export last before it
/// started, and who uploaded its members. The export may allow them to (`anyEditor`). Once members of a segment are
/// uploaded again, the plan is about people of before, and nobody can approve it any more.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Contributor"])),
    params(("id" = RunId, Path)),
    request_body = ApproveBody,
    responses(
        (status = 202, body = RunView),
        (
            status = 403,
            description = "Your role does not allow it, or another person must approve it: `forbidden`, \
                `secondPersonNeeded`",
            body = ProblemDocument,
        ),
        (
            status = 409,
            description = "The run does not wait for an approval, its plan is another one, or members were \
                uploaded since: `notAwaitingApproval`, `planChanged`, `segmentsChanged`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/runs/{id}/approve")]
pub async fn approve_run(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<RunId>,
    body: Body<ApproveBody>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let run = find(&mut tx, caller.instance, id.0).await?;
    may_edit(&mut tx, &caller, run.connection_id).await?;
    let plan = plan_of_held(&mut tx, &run).await?;
    check_approver(&mut tx, &caller, &run, &plan).await?;
    if plan.hash != body.value.plan_hash {
        let detail = "The plan of the run is not the one that you read. Nothing was approved.";
        return Err(Problem::new(ProblemKind::PlanChanged, detail));
    }
    check_members(&mut tx, &run).await?;
    let (by, now) = (caller.subject(), db::now());
    let pause = pauses::store::get(&mut tx, caller.instance).await?;
    let waits = pause.map(|_| Reason::new(ReasonCode::Paused, ""));
    if !store_plans::approve(&mut tx, run.id, &plan.hash, waits.as_ref(), by, now).await? {
        return Err(not_held(&run));
    }
    let change = Change::done(Snapshot::from(&run), &plan.plan.0);
    audit::record(&mut tx, &caller.author, Action::RunApprove, change).await?;
    let approved = find(&mut tx, caller.instance, id.0).await?;
    let view = view(&mut tx, approved).await?;
    tx.commit().await?;
    app.queue.hint(id.0).await;
    Ok(HttpResponse::Accepted().insert_header(("ETag", etag(view.version))).json(view))
}

async fn plan_of_held(tx: &mut ReadHandle, run: &Run) -> Result<StoredPlan, Problem> {
    if run.held_until.is_none() || run.status.is_ended() {
        return Err(not_held(run));
    }
    if run.held_until.is_some_and(|until| until <= db::now()) {
        let detail =
            "The time for an approval is over. The run ends without it, and removes nobody.";
        return Err(Problem::new(ProblemKind::NotAwaitingApproval, detail));
    }
    plan_of(tx, run).await
}

fn not_held(run: &Run) -> Problem {
    let status = run.shown_status().word();
    let detail = format!("The run does not wait for an approval. Its status is `{status}`.");
    Problem::new(ProblemKind::NotAwaitingApproval, detail)
}

/// Rejects those who would approve what they did themselves.
async fn check_approver(
    tx: &mut ReadHandle,
    caller: &Caller<Contributor>,
    run: &Run,
    plan: &StoredPlan,
) -> Result<(), Problem> {
    if run.sync.brake.approver == BrakeApprover::AnyEditor {
        return Ok(());
    }
    let by = caller.subject();
    let makers = store_plans::makers(tx, run.id).await?;
    let mut part = makers.part_of(run, &plan.edited_by, by);
    if part.is_none() && store_plans::gave_members(tx, run.id, by).await? {
        part = Some(RunPart::Members);
    }
    part.map_or(Ok(()), |part| Err(second_person_needed(part)))
}

/// Rejects a plan about other members than those of now: who came back to a segment meanwhile would be removed.
async fn check_members(tx: &mut ReadHandle, run: &Run) -> Result<(), Problem> {
    match newer_upload(tx, run.id).await? {
        None => Ok(()),
        Some(name) => {
            let name = name.as_str();
            let detail =
                format!("Members of the segment “{name}” were uploaded since the run read them.");
            Err(Problem::new(ProblemKind::SegmentsChanged, detail))
        }
    }
}

fn second_person_needed(part: RunPart) -> Problem {
    let part = match part {
        RunPart::Started => "You started this run",
        RunPart::Settings => "You made settings of this run",
        RunPart::Members => "You gave a segment of this run its members",
    };
    let detail = format!("{part}, so another person must approve it.");
    Problem::new(ProblemKind::SecondPersonNeeded, detail)
}

/// Declines the plan of a run that waits for it.
///
/// The run ends as `skipped`, reason `declined`. What it has sent stays on the list, and nobody is removed.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Contributor"])),
    params(("id" = RunId, Path)),
    request_body = DeclineBody,
    responses(
        (status = 200, body = RunView),
        (
            status = 409,
            description = "The run does not wait for an approval: `notAwaitingApproval`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/runs/{id}/decline")]
pub async fn decline_run(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<RunId>,
    body: Body<DeclineBody>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let run = find(&mut tx, caller.instance, id.0).await?;
    may_edit(&mut tx, &caller, run.connection_id).await?;
    let note = body.value.note.as_str();
    let who = format!("{}: “{note}”", caller.identity.name);
    let reason = Reason::new(ReasonCode::Declined, who);
    let (author, now) = (&caller.author, db::now());
    let action = Action::RunDecline;
    let ended = held::end(&mut tx, &run, author, action, &reason, Some(note), now).await?;
    let view = view(&mut tx, ended.ok_or_else(|| not_held(&run))?).await?;
    tx.commit().await?;
    Ok(HttpResponse::Ok().insert_header(("ETag", etag(view.version))).json(view))
}
