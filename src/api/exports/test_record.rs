//! One member of an export, sent for real and read back: what Campaign Monitor makes of the mapping.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::timeout;
use utoipa::ToSchema;

use super::preview::too_long;
use super::preview_problems::ProblemExamples;
use super::preview_views::ValueProblemsView;
use super::ready::Ready;
use super::test_member::{Record, TestBody, Wanted, find_record};
use super::test_refusal::check_nothing_refused;
use crate::api::connections::account::{open, problem};
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::campaign_monitor::{CONSENT_TO_TRACK, Consent, Error, differences};
use crate::exports::{Warning, warnings};
use crate::http::auth::{Caller, Contributor};
use crate::http::body::{Body, Id};
use crate::http::problem::{Problem, ProblemDocument, ProblemKind};
use crate::names::ExportId;
use crate::pauses;
use crate::records::encoded::only_record;
use crate::records::plan::Plan;
use crate::storage;

/// What was sent of one member, and what is stored of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestView {
    /// The record, as Campaign Monitor got it.
    #[schema(value_type = Object)]
    sent: Value,
    answer: AnswerView,
    /// The subscriber, as Campaign Monitor has it; null when it is not on the list.
    #[schema(value_type = Option<Object>)]
    stored: Value,
    /// What is stored otherwise than it was sent.
    differences: Vec<DifferenceView>,
    /// Values that could not be sent as they are, as a preview shows them.
    value_problems: Vec<ValueProblemsView>,
    /// What there is to know of the list.
    warnings: Vec<Warning>,
}

/// What Campaign Monitor did with the record, and its reason where it did not take it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnswerView {
    /// `created`, `updated` or `rejected`.
    #[schema(example = "created")]
    outcome: &'static str,
    /// Campaign Monitor's reason for a rejection, in its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Is Unsubscribed")]
    message: Option<String>,
}

/// A member of the record that is stored otherwise.
#[derive(Serialize, ToSchema)]
pub struct DifferenceView {
    /// Of the subscriber, or of a custom field.
    #[schema(example = "city")]
    key: String,
    #[schema(example = "Riga")]
    sent: String,
    /// Null when nothing is stored.
    stored: Option<String>,
}

/// Sends one member, and reads it back.
///
/// It is sent for real: Campaign Monitor adds the person to the list, or updates them. People who unsubscribed, bounced
/// or were deleted stay as they are, whatever the export says. Who said no under another address, also since the last
/// run, or before the list was emptied, is not sent (`refusedBefore`). On a double opt-in list a new person gets a
/// request to confirm.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["Contributor"])),
    params(("id" = ExportId, Path)),
    request_body = TestBody,
    responses(
        (status = 200, body = TestView),
        (
            status = 409,
            description = "The export has no connection, its connection is not connected, or the instance is paused: \
                `exportInactive`, `connectionNotConnected`, `instancePaused`",
            body = ProblemDocument,
        ),
        (
            status = 422,
            description = "The segments have no such member, or it cannot be sent; what would stop a run: \
                `unprocessable`",
            body = ProblemDocument,
        ),
        (
            status = 429,
            description = "Too many previews at a time, or too many calls: `tooManyRequests`, `rateLimited`",
            body = ProblemDocument,
        ),
        (
            status = 503,
            description = "Reading the segments took too long, or a part of the service or Campaign Monitor is \
                unavailable: `previewTooLong`, `unavailable`, `encryptionKeyMissing`, `destinationUnavailable`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/exports/{id}/test")]
pub async fn test_export(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ExportId>,
    body: Body<TestBody>,
) -> Result<HttpResponse, Problem> {
    let wanted = Wanted::of(&body.value)?;
    let slot = app.previews.take(caller.instance).ok_or_else(|| Problem::too_many("previews"))?;
    let time = Duration::from_millis(app.config.limits.preview_timeout_ms);
    let finding =
        storage::holding(Arc::new(slot), Box::pin(find_record(&app, &caller, id.0, &wanted)));
    let (ready, record) = timeout(time, finding).await.map_err(|_| too_long(time))??;
    check_not_paused(&app, &caller).await?;
    Box::pin(check_nothing_refused(&app, &ready, &record)).await?;
    audit_before(&app, &caller, &ready, &record).await?;
    let view = send(&app, ready, record).await?;
    Ok(HttpResponse::Ok().json(view))
}

async fn check_not_paused(app: &App, caller: &Caller<Contributor>) -> Result<(), Problem> {
    match pauses::store::get(&mut app.db.read().await?, caller.instance).await? {
        None => Ok(()),
        Some(pause) => {
            let detail = format!("Nothing is sent for this instance: “{}”.", pause.note.as_str());
            Err(Problem::new(ProblemKind::InstancePaused, detail))
        }
    }
}

/// Before it is sent: what cannot be recorded is not done.
async fn audit_before(
    app: &App,
    caller: &Caller<Contributor>,
    ready: &Ready,
    record: &Record,
) -> Result<(), Problem> {
    let what = json!({"customerId": record.customer_id, "listId": ready.export.list_id});
    let sent = Change::read(&ready.export.id.0, None, &what);
    let mut tx = app.db.write().await?;
    audit::record(&mut tx, &caller.author, Action::ExportTest, sent).await?;
    Ok(tx.commit().await?)
}

async fn send(app: &App, ready: Ready, record: Record) -> Result<TestView, Problem> {
    let session = open(app, &ready.connection)?;
    let (list, email, body) = (ready.export.list_id.as_str(), record.email.as_str(), &record.body);
    let imported = session.call(|account| async move { account.import(list, body.clone()).await });
    let (_, result) = imported.await.map_err(|error| problem(&error))?;
    let read = session.call(|account| async move { account.subscriber(list, email).await });
    let stored = match read.await {
        Ok(stored) => stored,
        Err(Error::Refused { code: NOT_ON_THE_LIST, .. }) => Value::Null,
        Err(error) => return Err(problem(&error)),
    };
    let failure = result.failure_details.into_iter().next();
    let sent = only_record(&record.body).map_err(anyhow::Error::new)?;
    let differences =
        if failure.is_some() { vec![] } else { differences(&sent, &stored, &ready.fields) };
    let is_unchanged = sent[CONSENT_TO_TRACK] == Consent::Unchanged.word();
    let mut warnings = warnings::of_list(&ready.list);
    let unchanged = Some(i64::from(is_unchanged));
    warnings.extend(warnings::of_choices(&ready.export.mapping, false, unchanged));
    Ok(TestView {
        answer: AnswerView {
            outcome: match (&failure, result.total_new_subscribers) {
                (Some(_), _) => "rejected",
                (None, 1..) => "created",
                (None, _) => "updated",
            },
            message: failure.map(|failure| failure.message),
        },
        differences: differences
            .into_iter()
            .map(|one| DifferenceView { key: one.key, sent: one.sent, stored: one.stored })
            .collect(),
        value_problems: value_problems(&record, &ready.plan),
        warnings,
        sent,
        stored,
    })
}

fn value_problems(record: &Record, plan: &Plan) -> Vec<ValueProblemsView> {
    let mut examples = ProblemExamples::default();
    record.problems.iter().for_each(|problem| examples.add(problem));
    examples.views(&record.field_warnings, plan, &[], "")
}

/// Campaign Monitor's code of a person who is not on the list.
const NOT_ON_THE_LIST: i64 = 203;
