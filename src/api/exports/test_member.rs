//! Finds the member of an export that is sent as a test, by the very code with which a run reads it.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Deserialize;
use utoipa::ToSchema;

use super::ready::{Ready, prepare};
use crate::api::segments::unreadable::read_problem;
use crate::app::App;
use crate::campaign_monitor::address;
use crate::http::auth::{Caller, Contributor};
use crate::http::problem::{FieldError, Problem};
use crate::names::ExportId;
use crate::records::batches::{self, MemberSource};
use crate::records::columns::{CUSTOMER_ID_COLUMN, Columns, EMAIL_COLUMN};
use crate::records::encoded::EncodedBatch;
use crate::records::integers::to_i64;
use crate::records::plan::Plan;
use crate::runs::{FieldWarnings, ValueProblem};

/// Part of the API contract.
const NAME_CHARS_MAX: usize = 1000;

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

/// By which of its two names a member is sought.
pub(super) enum Wanted {
    CustomerId(String),
    /// As addresses are sent, in lower case.
    Email(String),
}

impl Wanted {
    pub(super) fn of(body: &TestBody) -> Result<Self, Problem> {
        for (pointer, name) in [("/customerId", &body.customer_id), ("/email", &body.email)] {
            if name.as_ref().is_some_and(|name| name.chars().count() > NAME_CHARS_MAX) {
                let message = format!("It has at most {NAME_CHARS_MAX} characters.");
                let error = FieldError::new(pointer, "invalid", message);
                return Err(error.with("max", NAME_CHARS_MAX).into());
            }
        }
        match (&body.customer_id, &body.email) {
            (Some(id), None) => Ok(Self::CustomerId(id.trim().to_owned())),
            (None, Some(email)) => Ok(Self::Email(address::sent(email.trim()).to_lowercase())),
            _ => {
                let message = "Name one member: by `customerId`, or by `email`.";
                let error = FieldError::new("", "wrongNumber", message);
                Err(error.into())
            }
        }
    }

    fn is_at(&self, plan: &Plan, columns: &Columns<'_>, row: usize) -> bool {
        match self {
            Self::CustomerId(id) => columns.written(CUSTOMER_ID_COLUMN, row) == Some(id),
            Self::Email(email) => sent_address(plan, columns, row).to_lowercase() == *email,
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
pub(super) struct Record {
    pub(super) customer_id: String,
    pub(super) body: bytes::Bytes,
    pub(super) email: String,
    /// The values that cannot be sent as they are.
    pub(super) problems: Vec<ValueProblem>,
    pub(super) field_warnings: FieldWarnings,
}

pub(super) async fn find_record(
    app: &App,
    caller: &Caller<Contributor>,
    id: ExportId,
    wanted: &Wanted,
) -> Result<(Ready, Record), Problem> {
    let mut ready = prepare(app, caller, id).await?;
    ready.plan = Arc::new(ready.plan.without_resubscribing());
    let (storage, manifests) = (app.storage.clone(), ready.manifests.clone());
    let source = MemberSource::new(storage, manifests, ready.plan.clone(), rand::random());
    let mut reader = batches::read(source);
    let mut refusal = None;
    while let Some(batch) = reader.recv().await {
        let batch = batch.map_err(|failure| read_problem(&failure.error))?;
        if let Some(record) = record_of(&batch, wanted, &ready) {
            return Ok((ready, record));
        }
        refusal = refusal.or_else(|| refusal_of(&batch, wanted, &ready));
    }
    Err(refusal.unwrap_or_else(|| wanted.unknown()))
}

/// The member, if it is in this batch and a run would send it.
fn record_of(batch: &EncodedBatch, wanted: &Wanted, ready: &Ready) -> Option<Record> {
    let columns = ready.plan.columns_of(&batch.page);
    let row = *batch.records.iter().find(|row| wanted.is_at(&ready.plan, &columns, **row))?;
    let text = |column| columns.written(column, row).unwrap_or_default();
    let (encoded, names) = (ready.plan.encode(&batch.page, &[row]), &ready.plan.names);
    Some(Record {
        customer_id: text(CUSTOMER_ID_COLUMN).to_owned(),
        email: sent_address(&ready.plan, &columns, row).into_owned(),
        field_warnings: names.warnings(&encoded),
        problems: names.problems(encoded.misfits, &columns, &batch.positions),
        body: encoded.body,
    })
}

/// The address to which a member is sent, or what it has in place of one.
fn sent_address<'a>(plan: &Plan, columns: &'a Columns<'_>, row: usize) -> Cow<'a, str> {
    let text = || columns.written(EMAIL_COLUMN, row).unwrap_or_default();
    plan.address(columns, row).unwrap_or_else(|_| address::sent(text()))
}

/// Why a run would not send a member of this batch. Of an address that several profiles have, another one may be sent.
fn refusal_of(batch: &EncodedBatch, wanted: &Wanted, ready: &Ready) -> Option<Problem> {
    let columns = ready.plan.columns_of(&batch.page);
    let row = (0..batch.page.num_rows()).find(|row| wanted.is_at(&ready.plan, &columns, *row))?;
    let position = batch.first_row + to_i64(row);
    let refused = batch.refused.iter().find(|one| one.position == position)?;
    let message = format!("A run would not send this member. {}", refused.message);
    let params = refused.params.clone().unwrap_or_default().0;
    let error = FieldError::new("", "invalidMember", message).with_all(params);
    Some(error.with("rejection", refused.code.as_str()).into())
}
