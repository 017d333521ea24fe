//! One member of an export, sent for real and read back: what Campaign Monitor makes of the mapping.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::timeout;
use utoipa::ToSchema;

use super::preview::too_long;
use super::ready::{Ready, prepare};
use crate::api::connections::account::{open, problem};
use crate::api::segments::unreadable::read_problem;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::campaign_monitor::{Error, address, differences};
use crate::exports::{Options, Warning, warnings};
use crate::http::auth::{Caller, Contributor};
use crate::http::body::{Body, Id};
use crate::http::problem::{FieldError, Problem, ProblemDocument, ProblemKind};
use crate::names::ExportId;
use crate::records::batches::{self, MemberSource};
use crate::records::columns::{CUSTOMER_ID_COLUMN, Columns, EMAIL_COLUMN};
use crate::records::encoded::EncodedBatch;
use crate::records::integers::to_i64;
use crate::runs::RejectionOutcome;
use crate::storage;

/// The member to be sent: one of both.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TestBody {
    /// As in the segment.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000, pattern = r"^[^\x00]+$", example = "17")]
    pub customer_id: Option<String>,
    /// As in the segment, in any case.
    #[serde(default)]
    #[schema(
        min_length = 1,
        max_length = 1000,
        pattern = r"^[^\x00]+$",
        example = "person17@example.com"
    )]
    pub email: Option<String>,
}

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
/// or were deleted stay as they are, whatever the export says. On a double opt-in list a new person gets a request to
/// confirm.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["Contributor"])),
    params(("id" = ExportId, Path)),
    request_body = TestBody,
    responses(
        (status = 200, body = TestView),
        (
            status = 409,
            description = "The export has no connection, or its connection is not connected: `exportInactive`, \
                `connectionNotConnected`",
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
    audit_before(&app, &caller, &ready, &record).await?;
    let view = send(&app, ready, record).await?;
    Ok(HttpResponse::Ok().json(view))
}

/// By which of its two names a member is sought.
enum Wanted {
    CustomerId(String),
    /// As addresses are sent, in lower case.
    Email(String),
}

impl Wanted {
    fn of(body: &TestBody) -> Result<Self, Problem> {
        match (&body.customer_id, &body.email) {
            (Some(id), None) => Ok(Self::CustomerId(id.trim().to_owned())),
            (None, Some(email)) => Ok(Self::Email(address::sent(email.trim()).to_lowercase())),
            _ => {
                let message = "Name one member: by `customerId`, or by `email`.";
                let error = FieldError::new("", "wrongNumber", message);
                Err(Problem::from_errors(ProblemKind::Unprocessable, vec![error]))
            }
        }
    }

    fn is_at(&self, columns: &Columns<'_>, row: usize) -> bool {
        match self {
            Self::CustomerId(id) => columns.get(CUSTOMER_ID_COLUMN, row) == Some(id),
            Self::Email(email) => columns
                .get(EMAIL_COLUMN, row)
                .is_some_and(|text| address::sent(text).to_lowercase() == *email),
        }
    }

    fn unknown(&self) -> Problem {
        let pointer = match self {
            Self::CustomerId(_) => "/customerId",
            Self::Email(_) => "/email",
        };
        let message = "The segments of the export have no such member. Name one that they have.";
        Problem::unprocessable(pointer, "unknownMember", message)
    }
}

/// A member, encoded as a run would send it.
struct Record {
    customer_id: String,
    body: bytes::Bytes,
    email: String,
}

async fn find_record(
    app: &App,
    caller: &Caller<Contributor>,
    id: ExportId,
    wanted: &Wanted,
) -> Result<(Ready, Record), Problem> {
    let mut ready = prepare(app, caller, id).await?;
    ready.plan = Arc::new(ready.plan.without_resubscribing());
    let mut reader = batches::read(MemberSource {
        storage: app.storage.clone(),
        manifests: ready.manifests.clone(),
        plan: ready.plan.clone(),
        position: 0,
        answered: HashSet::new(),
        seed: rand::random(),
        winners: None,
    });
    while let Some(batch) = reader.recv().await {
        let batch = batch.map_err(|failure| read_problem(&failure.error))?;
        if let Some(record) = record_of(&batch, wanted, &ready)? {
            return Ok((ready, record));
        }
    }
    Err(wanted.unknown())
}

fn record_of(
    batch: &EncodedBatch,
    wanted: &Wanted,
    ready: &Ready,
) -> Result<Option<Record>, Problem> {
    let columns = ready.plan.columns_of(&batch.page);
    let Some(row) = (0..batch.page.num_rows()).find(|row| wanted.is_at(&columns, *row)) else {
        return Ok(None);
    };
    let position = batch.first_row + to_i64(row);
    let invalid = |one: &&crate::runs::Rejection| {
        one.position == position && one.outcome == RejectionOutcome::Invalid
    };
    if let Some(invalid) = batch.refused.iter().find(invalid) {
        let message = format!("A run would not send this member. {}", invalid.message);
        return Err(Problem::unprocessable("", "invalidMember", message));
    }
    let text = |column| columns.get(column, row).unwrap_or_default();
    Ok(Some(Record {
        customer_id: text(CUSTOMER_ID_COLUMN).to_owned(),
        body: ready.plan.encode(&batch.page, &[row]).body,
        email: address::sent(text(EMAIL_COLUMN)).into_owned(),
    }))
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
    let sent = sent(&record.body)?;
    let differences =
        if failure.is_some() { vec![] } else { differences(&sent, &stored, &ready.fields) };
    let mut warnings = warnings::of_list(&ready.list);
    warnings.extend(warnings::of_choices(&ready.export.mapping, Options::default()));
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
        warnings,
        sent,
        stored,
    })
}

/// Campaign Monitor's code of a person who is not on the list.
const NOT_ON_THE_LIST: i64 = 203;

/// The only record of a body.
fn sent(body: &[u8]) -> Result<Value, Problem> {
    let mut body: Value = serde_json::from_slice(body).map_err(anyhow::Error::new)?;
    Ok(body["Subscribers"][0].take())
}
