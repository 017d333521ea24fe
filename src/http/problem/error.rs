//! `Problem`: every error that a handler answers.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use super::document::{FieldError, Member, ProblemDocument, kebab};
use super::kind::ProblemKind;
use super::language::ProblemLanguage;
use super::latvian;
use crate::telemetry;

/// An error on its way to the caller. (Boxed, so that every `Result` stays small.)
#[derive(Debug)]
pub struct Problem(pub(super) Box<Details>);

#[derive(Debug)]
pub(super) struct Details {
    pub(super) kind: ProblemKind,
    detail: String,
    errors: Vec<FieldError>,
    /// Further members, such as the id of the open run.
    members: Map<String, Value>,
    /// Seconds for `Retry-After`.
    pub(super) retry_after: Option<u64>,
    /// `Allow`, for 405.
    pub(super) allow: Option<String>,
    /// Whether a retry of the call may succeed.
    is_conflict: bool,
    /// For our logs only.
    pub(super) cause: Option<anyhow::Error>,
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

    /// 404: `what` continues "This instance has no", as in "run with this id".
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(ProblemKind::NotFound, format!("This instance has no {what}."))
    }

    /// 405 with the methods of the address.
    #[must_use]
    pub fn method_not_allowed(allow: String, hint: &str) -> Self {
        let detail = format!("This address accepts only {allow}. {hint}").trim_end().to_owned();
        let mut problem = Self::new(ProblemKind::MethodNotAllowed, detail);
        problem.0.allow = Some(allow);
        problem
    }

    /// 429: `what` as in "Too many previews at a time".
    #[must_use]
    pub fn too_many(what: &str) -> Self {
        let detail = format!("Too many {what} at a time. Try again in 10 seconds.");
        Self::new(ProblemKind::TooManyRequests, detail).retry_after(10)
    }

    /// 412: the `If-Match` is stale.
    #[must_use]
    pub fn changed() -> Self {
        Self::new(
            ProblemKind::Changed,
            "Read it again, and repeat your change with the new version.",
        )
    }

    /// 412: the `If-Match` names another version than this one; 0 when the object does not exist.
    #[must_use]
    pub fn changed_to(version: i64) -> Self {
        let now = match version {
            0 => "It does not exist yet.".to_owned(),
            version => format!("Its version is now \"{version}\"."),
        };
        let mut problem = Self::changed();
        problem.0.detail = format!("{now} {}", problem.0.detail);
        problem
    }

    /// 412: the call was to create it, and it exists in this version.
    #[must_use]
    pub fn exists(version: i64) -> Self {
        let detail = format!(
            "It already exists, in version \"{version}\". To change it, leave out `If-None-Match`."
        );
        Self::new(ProblemKind::Changed, detail)
    }

    /// 412: another change came between reading and writing. `retry` repeats such a call.
    #[must_use]
    pub fn conflict() -> Self {
        let mut problem = Self::changed();
        problem.0.is_conflict = true;
        problem
    }

    /// Whether a retry of the call may succeed.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.0.is_conflict
    }

    /// 422 with one error.
    #[must_use]
    pub fn unprocessable(pointer: &str, code: &'static str, message: impl Into<String>) -> Self {
        FieldError::new(pointer, code, message).into()
    }

    /// `kind` with all errors; `detail` repeats the first.
    #[must_use]
    pub fn from_errors(kind: ProblemKind, errors: Vec<FieldError>) -> Self {
        let detail = errors.first().map_or_else(String::new, |first| first.message.clone());
        let mut problem = Self::new(kind, detail);
        problem.0.errors = errors;
        problem
    }

    /// 422 with all errors; `Ok` when there are none.
    pub fn none_of(errors: Vec<FieldError>) -> Result<(), Self> {
        if errors.is_empty() {
            return Ok(());
        }
        Err(Self::from_errors(ProblemKind::Unprocessable, errors))
    }

    pub(crate) fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    pub(crate) fn kind(&self) -> ProblemKind {
        self.0.kind
    }

    /// As in `errorCode`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.kind.row().2
    }

    /// Adds a member to the document.
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

    /// Adds the cause, for the log only; the caller never sees it.
    #[must_use]
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// The document in a language, as far as it has the words; and the languages that it is in, for `Content-Language`.
    pub(crate) fn document_in(&self, language: ProblemLanguage) -> (ProblemDocument, &'static str) {
        let document = self.document();
        match language {
            ProblemLanguage::English => (document, "en"),
            ProblemLanguage::Latvian => self.in_latvian(document),
        }
    }

    fn in_latvian(&self, mut document: ProblemDocument) -> (ProblemDocument, &'static str) {
        let (title, mut detail) = latvian::words(self.0.kind);
        let mut is_complete = true;
        for error in &mut document.errors {
            match latvian::message(error) {
                Some(message) => error.message = message,
                None => is_complete = false,
            }
        }
        // The detail repeats the first error, in whichever language that is.
        let first = document.errors.first().map(|error| error.message.clone());
        is_complete &= first.is_some() || detail.is_some();
        document.title = title;
        if let Some(detail) = first.or_else(|| detail.take().map(str::to_owned)) {
            document.detail = detail;
        }
        (document, if is_complete { "lv" } else { "lv, en" })
    }

    pub(in crate::http) fn document(&self) -> ProblemDocument {
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

/// 422 with this error and no other.
impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        Self::from_errors(ProblemKind::Unprocessable, vec![error])
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_in_latvian_keeps_in_english_what_only_that_says() {
        let missing = FieldError::new("/mapping", "missing", "`/mapping` is missing.");
        let other = FieldError::new("/x", "invalid", "`/x` is not valid: it is red.");
        let of = |errors| {
            let problem = Problem::from_errors(ProblemKind::InvalidRequest, errors);
            problem.document_in(ProblemLanguage::Latvian)
        };
        let (document, languages) = of(vec![missing.clone()]);
        assert_eq!((document.title, languages), ("Pieprasījums nav derīgs", "lv"));
        assert_eq!(document.detail, "`/mapping`: nav norādīts, bet ir vajadzīgs.");
        let (document, languages) = of(vec![missing, other]);
        assert_eq!(
            (document.errors[1].message.as_str(), languages),
            ("`/x` is not valid: it is red.", "lv, en")
        );
        let (document, languages) = Problem::not_found("run").document_in(ProblemLanguage::Latvian);
        assert_eq!((document.title, languages), ("Nav atrasts", "lv"));
        let (document, languages) = Problem::not_found("run").document_in(ProblemLanguage::English);
        assert_eq!((document.title, languages), ("Not found", "en"));
    }

    #[test]
    fn a_member_of_some_problems_has_none_of_the_names_of_every_problem() {
        let plain = serde_json::to_value(Problem::changed().document()).unwrap();
        for member in Member::ALL {
            assert!(plain.get(member.word()).is_none(), "{member:?} stands in every problem");
        }
    }
}
