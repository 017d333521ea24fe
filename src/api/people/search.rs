//! Finds a person in every export of an instance.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::live::ask;
use super::views::PersonView;
use crate::app::App;
use crate::audit::reads::ReadRecorder;
use crate::audit::{Action, Change};
use crate::http::auth::{Caller, Contributor};
use crate::http::body::Body;
use crate::http::problem::{FieldError, Problem, ProblemDocument};
use crate::people::{FoundPerson, Person, find_person};

/// Part of the API contract.
const NAME_CHARS_MAX: usize = 1000;

/// The person to be found: by one of both names.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PersonSearchBody {
    /// In any case.
    #[serde(default)]
    #[schema(
        min_length = 1,
        max_length = 1000,
        pattern = r"^[^\x00]+$",
        example = "ann@example.com"
    )]
    email: Option<String>,
    /// As the segments have it.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000, pattern = r"^[^\x00]+$", example = "1001")]
    customer_id: Option<String>,
    /// Whether Campaign Monitor is asked what the person is to each list now: a call for each list and address, at most
    /// a hundred, and 20 seconds in all.
    #[serde(default)]
    live: bool,
}

/// Finds a person in every export.
///
/// Every list that an export has now is in the answer, whether it knows the person or not; so is every list that an
/// export had before, and every export that was removed, if something of the person is still kept there. The values
/// that were sent are not kept: `live` reads what Campaign Monitor has. Send the person in the body, never in the
/// address of a call. The answer is personal data: the audit records who searched, by which name and in which instance,
/// and never for whom.
#[utoipa::path(
    tag = "people",
    security(("bearer" = ["Contributor"])),
    request_body = PersonSearchBody,
    responses(
        (status = 200, body = PersonView),
        (
            status = 422,
            description = "The body names no person, or names one twice: `unprocessable`",
            body = ProblemDocument,
        ),
        (
            status = 429,
            description = "Too many readings of members at a time, or too many calls: `tooManyRequests`, `rateLimited`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/people/search")]
pub async fn search_people(
    caller: Caller<Contributor>,
    app: Data<App>,
    body: Body<PersonSearchBody>,
    reads: Data<ReadRecorder>,
) -> Result<HttpResponse, Problem> {
    let person = body.value.person()?;
    let slot = app.member_reads.take(caller.instance);
    let _slot = slot.ok_or_else(|| Problem::too_many("readings of members"))?;
    let found = find_person(&app, caller.instance, &person).await?;
    let live =
        if body.value.live { Some(ask(&app, &caller, &found.lists, &person).await?) } else { None };
    record(&app, &caller, &reads, (&person, &found, live.is_some())).await?;
    Ok(HttpResponse::Ok().json(PersonView::of(found, live)))
}

/// Before the answer goes out. A hash of the name would be personal data that nobody could erase.
async fn record(
    app: &App,
    caller: &Caller<Contributor>,
    reads: &ReadRecorder,
    (person, found, is_live): (&Person, &FoundPerson, bool),
) -> Result<(), Problem> {
    let lists = found.lists.iter().filter(|list| list.has_person()).count();
    let what = json!({"by": person.kind(), "live": is_live, "lists": lists});
    let seen = Change::read(&caller.instance, None, &what);
    Ok(reads.record(&app.db, &caller.author, Action::PeopleSearch, seen).await?)
}

impl PersonSearchBody {
    fn person(&self) -> Result<Person, Problem> {
        for (pointer, name) in [("/email", &self.email), ("/customerId", &self.customer_id)] {
            let Some(name) = name else { continue };
            if name.trim().is_empty() || name.chars().count() > NAME_CHARS_MAX {
                let message = format!("It has 1 to {NAME_CHARS_MAX} characters.");
                let error = FieldError::new(pointer, "invalid", message);
                return Err(error.with("min", 1_i64).with("max", NAME_CHARS_MAX).into());
            }
        }
        match (&self.email, &self.customer_id) {
            (Some(email), None) => Ok(Person::of_email(email)),
            (None, Some(id)) => Ok(Person::of_customer_id(id)),
            _ => {
                let message = "Name one person: by `email`, or by `customerId`.";
                let error = FieldError::new("", "wrongNumber", message);
                Err(error.into())
            }
        }
    }
}
