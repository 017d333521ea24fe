//! Who may be sent again although they left by their own wish: named, with a reason.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse, delete, get, put};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::access::may_edit;
use crate::api::exports::find::{find, find_to_change};
use crate::app::App;
use crate::audit::reads::ReadRecorder;
use crate::audit::{self, Action, Change};
use crate::campaign_monitor::address;
use crate::db;
use crate::erasures::CaseText;
use crate::feedback::{Readmission, ReadmissionId, store};
use crate::http::auth::{Caller, Contributor};
use crate::http::body::{Body, Id};
use crate::http::paging::{Page, Paging};
use crate::http::problem::{FieldError, Problem, ProblemDocument};
use crate::http::query::Query;
use crate::names::ExportId;
use crate::records::rejection::RejectionCode;

/// Part of the API contract.
const EMAIL_CHARS_MAX: usize = 1000;

/// Who may be sent again, and why.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadmissionBody {
    /// In any case.
    #[schema(
        min_length = 1,
        max_length = 1000,
        pattern = r"^[^\x00]+$",
        example = "jonas.weiss@example.com"
    )]
    email: String,
    /// What proves that the person wants it. Do not name the person.
    #[schema(example = "A letter of 20 November.")]
    reason: CaseText,
}

/// That a person may be sent again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadmissionView {
    readmission_id: ReadmissionId,
    reason: CaseText,
    /// Subject of who answers for it.
    #[schema(example = "ann@example.com")]
    created_by: String,
    created_utc: DateTime<Utc>,
}

/// The same with the person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamedReadmissionView {
    #[serde(flatten)]
    readmission: ReadmissionView,
    /// As it is sent, in lower case.
    #[schema(example = "jonas.weiss@example.com")]
    email: String,
}

/// Lets a person be sent again who left by their own wish.
///
/// Somebody who unsubscribed, or whose mail bounced, is not sent again, also by an export with `sync.resubscribe` =
/// `always`. Such an export brings the person back in its next run, if they left before this call; who leaves again
/// stays away. You answer for it: the audit records you and the reason, and not the person. The same person again
/// renews it.
#[utoipa::path(
    tag = "people",
    security(("bearer" = ["Contributor"])),
    params(("id" = ExportId, Path)),
    request_body = ReadmissionBody,
    responses(
        (status = 200, body = ReadmissionView),
        (
            status = 422,
            description = "`email` is no address that is sent: `unprocessable`",
            body = ProblemDocument,
        ),
    ),
)]
#[put("/exports/{id}/readmissions")]
pub async fn put_readmission(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ExportId>,
    body: Body<ReadmissionBody>,
) -> Result<HttpResponse, Problem> {
    let ReadmissionBody { email, reason } = body.value;
    let email = checked(&email)?;
    let mut tx = app.db.write().await?;
    let export = find_to_change(&mut tx, caller.instance, id.0).await?;
    may_edit(&mut tx, &caller, export.connection_id).await?;
    let new = Readmission {
        id: ReadmissionId(Uuid::now_v7()),
        instance_id: caller.instance,
        export_id: id.0,
        email,
        reason,
        created_by: caller.subject().to_owned(),
        created_utc: db::now(),
    };
    let readmission = store::put(&mut tx, &new).await?;
    let what = json!({"readmissionId": readmission.id, "reason": readmission.reason});
    let name = Some(export.display_name.as_str().to_owned());
    let done = Change::read(&id.0.0, name, &what);
    audit::record(&mut tx, &caller.author, Action::ExportReadmit, done).await?;
    tx.commit().await?;
    Ok(HttpResponse::Ok().json(ReadmissionView::of(&readmission)))
}

/// Lists who may be sent again, and why.
///
/// Newest first. The answer is personal data: the audit records who read it.
#[utoipa::path(
    tag = "people",
    security(("bearer" = ["Contributor"])),
    params(("id" = ExportId, Path), Paging),
    responses((status = 200, body = Page<NamedReadmissionView>)),
)]
#[get("/exports/{id}/readmissions")]
pub async fn list_readmissions(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ExportId>,
    paging: Query<Paging>,
    reads: Data<ReadRecorder>,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after()?);
    let mut tx = app.db.read().await?;
    let export = find(&mut tx, caller.instance, id.0).await?;
    let rows = store::list(&mut tx, id.0, after, limit).await?;
    drop(tx);
    let name = Some(export.display_name.as_str().to_owned());
    let seen = Change::read(&id.0.0, name, &json!({"rows": rows.len()}));
    reads.record(&app.db, &caller.author, Action::ExportReadReadmissions, seen).await?;
    let page = Page::of(rows, limit, |row| row.id.0, NamedReadmissionView::of);
    Ok(HttpResponse::Ok().json(page))
}

/// Ids in a path: the export, and what one of its editors allowed.
pub struct ReadmissionPath {
    export: ExportId,
    readmission: ReadmissionId,
}

impl FromRequest for ReadmissionPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = |name| request.match_info().get(name).and_then(|id| id.parse::<Uuid>().ok());
        let ids = id("id").zip(id("readmissionId"));
        let path = ids.map(|(export, id)| Self { export: export.into(), readmission: id.into() });
        ready(path.ok_or_else(|| Problem::not_found("readmission with this id")))
    }
}

/// Takes it back that a person may be sent again.
///
/// Whom a run has brought back already stays on the list.
#[utoipa::path(
    tag = "people",
    security(("bearer" = ["Contributor"])),
    params(("id" = ExportId, Path), ("readmissionId" = ReadmissionId, Path, description = "Id of the readmission")),
    responses((status = 204)),
)]
#[delete("/exports/{id}/readmissions/{readmissionId}")]
pub async fn delete_readmission(
    caller: Caller<Contributor>,
    app: Data<App>,
    path: ReadmissionPath,
) -> Result<HttpResponse, Problem> {
    let ReadmissionPath { export: export_id, readmission: id } = path;
    let mut tx = app.db.write().await?;
    let export = find_to_change(&mut tx, caller.instance, export_id).await?;
    may_edit(&mut tx, &caller, export.connection_id).await?;
    let removed = store::remove(&mut tx, export_id, id).await?;
    let removed = removed.ok_or_else(|| Problem::not_found("readmission with this id"))?;
    let what = json!({"readmissionId": id, "reason": removed.reason});
    let name = Some(export.display_name.as_str().to_owned());
    let done = Change::read(&export_id.0, name, &what);
    audit::record(&mut tx, &caller.author, Action::ExportRemoveReadmission, done).await?;
    tx.commit().await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The address in the form in which it is sent, in lower case.
fn checked(email: &str) -> Result<String, Problem> {
    let flaw = |message: String| FieldError::new("/email", "invalid", message);
    if email.chars().count() > EMAIL_CHARS_MAX {
        let error = flaw(format!("It has at most {EMAIL_CHARS_MAX} characters."));
        return Err(error.with("max", EMAIL_CHARS_MAX).into());
    }
    let sent = address::check(email)
        .map_err(|why| flaw(why.to_string()).with_all(RejectionCode::params(&why)))?;
    Ok(sent.to_lowercase())
}

impl ReadmissionView {
    fn of(one: &Readmission) -> Self {
        Self {
            readmission_id: one.id,
            reason: one.reason.clone(),
            created_by: one.created_by.clone(),
            created_utc: one.created_utc,
        }
    }
}

impl NamedReadmissionView {
    fn of(one: Readmission) -> Self {
        Self { readmission: ReadmissionView::of(&one), email: one.email }
    }
}
