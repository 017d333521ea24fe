//! Errors as callers see them: RFC 9457 problem documents.
//!
//! `type` is `urn:segment-export:problem:` and the code in kebab case. Which problems there are: `kind.rs`.

mod kind;

use std::fmt;
use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::names::Culprit;
use crate::{db, telemetry};
pub use kind::ProblemKind;

/// One thing that is wrong with the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to it; empty for the whole body.
    #[schema(example = "/mapping/email")]
    pub pointer: String,
    /// Stable, camelCase.
    #[schema(example = "unknownField")]
    pub code: &'static str,
    /// In words.
    #[schema(example = "The segment “HighValue” has no field “Mail”.")]
    pub message: String,
}

/// A member of our own beside those of RFC 9457 and of every problem, whose names are never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// The exports that use something.
    Dependants,
    /// The run that is open.
    RunId,
    /// Where the run is in its life; `status` is HTTP's.
    RunStatus,
}

impl Member {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Dependants, Self::RunId, Self::RunStatus];

    const fn word(self) -> &'static str {
        match self {
            Self::Dependants => "dependants",
            Self::RunId => "runId",
            Self::RunStatus => "runStatus",
        }
    }
}

/// An error on its way to the caller. (Boxed, so that every `Result` stays small.)
#[derive(Debug)]
pub struct Problem(Box<Details>);

#[derive(Debug)]
struct Details {
    kind: ProblemKind,
    detail: String,
    errors: Vec<FieldError>,
    /// Further members, such as the id of the open run.
    members: Map<String, Value>,
    /// Seconds for `Retry-After`.
    retry_after: Option<u64>,
    /// `Allow`, for 405.
    allow: Option<String>,
    /// Whether the same call, made again, may succeed.
    is_conflict: bool,
    /// For our logs only.
    cause: Option<anyhow::Error>,
}

/// The wire form of a problem, RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// Stable URN of the kind of problem.
    #[schema(example = "urn:segment-export:problem:connection-in-use")]
    r#type: String,
    /// The kind of problem in words.
    #[schema(example = "Exports use the connection")]
    title: &'static str,
    /// The HTTP status.
    #[schema(example = 409)]
    status: u16,
    /// What happened this time, and what to do.
    #[schema(example = "2 exports use this connection. Detach or remove them first.")]
    detail: String,
    /// This occurrence.
    #[schema(example = "urn:uuid:0198c5a2-7d3e-7b4c-9a51-3f6c2d8e1b47")]
    instance: String,
    /// Stable, camelCase.
    #[schema(example = "connectionInUse")]
    error_code: &'static str,
    culprit: Culprit,
    /// Trace id of the request, for whoever looks into it.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    /// What is wrong with the input, for status 400 and 422.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(flatten)]
    #[schema(ignore)]
    members: Map<String, Value>,
}

impl Problem {
    /// A problem of `kind`; `detail` says what happened and what to do.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            members: Map::new(),
            retry_after: None,
            allow: None,
            is_conflict: false,
            cause: None,
        }))
    }

    /// 404: `what` is named as in "There is no such run".
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(ProblemKind::NotFound, format!("There is no such {what}."))
    }

    /// 405 with the methods that are there.
    #[must_use]
    pub fn method_not_allowed(allow: String) -> Self {
        let mut problem =
            Self::new(ProblemKind::MethodNotAllowed, format!("This address takes {allow}."));
        problem.0.allow = Some(allow);
        problem
    }

    /// 429: `what` is named as in "Too many previews at a time".
    #[must_use]
    pub fn too_many(what: &str) -> Self {
        let detail = format!("Too many {what} at a time. Try again in a moment.");
        Self::new(ProblemKind::TooManyRequests, detail).retry_after(10)
    }

    /// 412: the `If-Match` is stale.
    #[must_use]
    pub fn changed() -> Self {
        Self::new(ProblemKind::Changed, "Read it again, and repeat the change on what you find.")
    }

    /// 412: the `If-Match` names another version than this one; 0 when there is nothing yet.
    #[must_use]
    pub fn changed_to(version: i64) -> Self {
        let now = match version {
            0 => "There is none yet.".to_owned(),
            version => format!("Its version is now \"{version}\"."),
        };
        let mut problem = Self::changed();
        problem.0.detail = format!("{now} {}", problem.0.detail);
        problem
    }

    /// 412: it was to be made, and is there, in this version.
    #[must_use]
    pub fn exists(version: i64) -> Self {
        let detail = format!(
            "It is there already, in version \"{version}\". To change it, leave out `If-None-Match`."
        );
        Self::new(ProblemKind::Changed, detail)
    }

    /// 412: another change came between reading and writing. Who is answered `again` does not hear of it.
    #[must_use]
    pub fn conflict() -> Self {
        let mut problem = Self::changed();
        problem.0.is_conflict = true;
        problem
    }

    /// Whether the call may succeed when it is made again.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.0.is_conflict
    }

    /// 422 with one thing wrong.
    #[must_use]
    pub fn unprocessable(pointer: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self::from_errors(ProblemKind::Unprocessable, vec![FieldError::new(pointer, code, message)])
    }

    /// `kind` with all that is wrong; the first is repeated in `detail`.
    #[must_use]
    pub fn from_errors(kind: ProblemKind, errors: Vec<FieldError>) -> Self {
        let detail = errors.first().map_or_else(String::new, |first| first.message.clone());
        let mut problem = Self::new(kind, detail);
        problem.0.errors = errors;
        problem
    }

    /// 422 that names all that is wrong, if anything is.
    pub fn none_of(errors: Vec<FieldError>) -> Result<(), Self> {
        if errors.is_empty() {
            return Ok(());
        }
        Err(Self::from_errors(ProblemKind::Unprocessable, errors))
    }

    /// The kind of problem.
    #[must_use]
    pub fn kind(&self) -> ProblemKind {
        self.0.kind
    }

    /// Its code, as in `errorCode`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.kind.row().2
    }

    /// Adds a member of our own to the document.
    #[must_use]
    pub fn with(mut self, member: Member, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.0.members.insert(member.word().to_owned(), value);
        self
    }

    /// Tells the caller when to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// Keeps what caused it for the log; the caller never sees it.
    #[must_use]
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    pub(super) fn document(&self) -> ProblemDocument {
        let (status, culprit, code, title) = self.0.kind.row();
        ProblemDocument {
            r#type: format!("urn:segment-export:problem:{}", kebab(code)),
            title,
            status,
            detail: self.0.detail.clone(),
            instance: format!("urn:uuid:{}", uuid::Uuid::now_v7()),
            error_code: code,
            culprit,
            trace_id: telemetry::trace_id(&tracing::Span::current()),
            errors: self.0.errors.clone(),
            members: self.0.members.clone(),
        }
    }
}

impl FieldError {
    /// Something wrong at `pointer`.
    pub fn new(pointer: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, message: message.into() }
    }
}

fn kebab(camel: &str) -> String {
    camel.chars().fold(String::new(), |mut text, c| {
        if c.is_ascii_uppercase() {
            text.push('-');
        }
        text.push(c.to_ascii_lowercase());
        text
    })
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)
    }
}

/// Streams want an error of the standard kind.
impl std::error::Error for Problem {}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::from(Arc::new(error))
    }
}

/// A database error is a 503 when the database is away or all connections are taken, else a 500.
impl From<Arc<sqlx::Error>> for Problem {
    fn from(error: Arc<sqlx::Error>) -> Self {
        if !db::is_away(&error) {
            return Self::from(anyhow::Error::new(error));
        }
        Self::new(
            ProblemKind::Unavailable,
            "The database cannot be reached. Try again in a moment.",
        )
        .retry_after(5)
        .because(error)
    }
}

impl From<anyhow::Error> for Problem {
    fn from(cause: anyhow::Error) -> Self {
        Self::new(ProblemKind::Internal, "Try again; if it stays, tell the operator the traceId.")
            .because(cause)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.kind.row().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        if let Some(cause) = &self.0.cause {
            tracing::error!(
                error = format!("{cause:#}"),
                code = self.0.kind.row().2,
                "request failed"
            );
        }
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        if self.0.kind == ProblemKind::Unauthenticated {
            response.insert_header((header::WWW_AUTHENTICATE, r#"Bearer realm="segment-export""#));
        }
        if let Some(seconds) = self.0.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some(allow) = &self.0.allow {
            response.insert_header((header::ALLOW, allow.as_str()));
        }
        response.body(serde_json::to_string(&self.document()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_of_our_own_has_none_of_the_names_of_every_problem() {
        let plain = serde_json::to_value(Problem::changed().document()).unwrap();
        for member in Member::ALL {
            assert!(plain.get(member.word()).is_none(), "{member:?} stands in every problem");
        }
    }
}
