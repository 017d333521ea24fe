//! What to do about each problem: the page `docs/ERRORS.md`, and the examples in the `OpenAPI` document.

use std::fmt::Write;

use serde_json::{Value, json};

use super::problem::{FieldError, Problem, ProblemKind};

const HEAD: &str = "\
# Errors

Whatever the service refuses, it answers as `application/problem+json` (RFC 9457). `errorCode` is stable, `detail` says in
words what happened this time, `culprit` says whose turn it is: `user`, `system` (the operator) or `external` (Campaign
Monitor). `type` is `urn:segment-export:problem:` and the code in kebab case. For invalid input `errors` names each place by
its JSON pointer. Tell the operator the `traceId`, if it comes to that.

Written by `make openapi` from `src/http/problem/kind.rs` and `src/http/errors.rs`. Why a *run* ended as it did is another matter:
`reason` of the run says that.

";

/// The page `docs/ERRORS.md`.
#[must_use]
pub fn page() -> String {
    format!("{HEAD}{}", table())
}

/// Every problem, as a Markdown table.
#[must_use]
pub fn table() -> String {
    let mut table = String::from(
        "| `errorCode` | status | culprit | what it means | what to do |\n|---|---|---|---|---|\n",
    );
    for kind in ProblemKind::ALL {
        let (status, culprit, code, title) = kind.row();
        let culprit = json!(culprit);
        let culprit = culprit.as_str().unwrap_or_default();
        let advice = kind.advice();
        // Writing to a String does not fail.
        let _ = writeln!(table, "| `{code}` | {status} | {culprit} | {title} | {advice} |");
    }
    table
}

impl ProblemKind {
    /// A document of this kind, as it might be answered.
    #[must_use]
    pub fn example(self) -> Value {
        let mut problem = Problem::new(self, self.advice());
        if ["invalidRequest", "unprocessable"].contains(&self.code()) {
            let error = FieldError::new("/displayName", "missing", "displayName is missing");
            problem = Problem::from_errors(self, vec![error]);
        }
        let mut document = json!(problem.document());
        document["instance"] = json!("urn:uuid:0198c5a2-7d3e-7b4c-9a51-3f6c2d8e1b47");
        document["traceId"] = json!("4bf92f3577b34da6a3ce929d0e0e4736");
        document
    }

    /// What whoever meets it can do.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::InvalidRequest => "Correct what `errors` and `detail` name, and send it again.",
            Self::InvalidCursor => {
                "Take `cursor` from `nextCursor` as it is, or leave it out; keep `limit` in its range."
            }
            Self::InvalidMembers => {
                "Correct the row that `detail` names, and upload the whole set again. The members are those of before."
            }
            Self::Unauthenticated => "Sign in again, and send `Authorization: Bearer <token>`.",
            Self::Forbidden => {
                "Ask an administrator to do it, to give you the role, or to share the connection with contributors."
            }
            Self::NotFound => {
                "Look at the list for what there is. It may have been removed, or belong to another instance."
            }
            Self::MethodNotAllowed => "Take one of the methods in `Allow`.",
            Self::NotAcceptable => "Ask for one of the content types that `detail` names.",
            Self::NameTaken => "Choose another display name.",
            Self::ConnectionInUse => "Detach or remove the exports in `dependants` first.",
            Self::ConnectionNotConnected => {
                "Ask an administrator to complete the connection: `detail` says what it lacks."
            }
            Self::SegmentInUse => {
                "Change or remove the exports in `dependants` first; members of files are changed where the files are \
                    written."
            }
            Self::ExportInactive => "Attach a connection to the export first.",
            Self::RunAlreadyOpen => "Wait for the run in `runId` to end, or cancel it.",
            Self::RunEnded => "Nothing: there is nothing left to cancel.",
            Self::IdempotencyKeyReused => {
                "Take a new key for a new request, or repeat the request unchanged."
            }
            Self::Removed => {
                "Nothing: the counts of the run remain. `--keep-…-days` says how long details are kept."
            }
            Self::Changed => "Read it again, and repeat the change on what you find.",
            Self::TooLarge => "Send less at a time: Parquet instead of CSV, or a segment in parts.",
            Self::UnsupportedMediaType => "Send one of the content types that `detail` names.",
            Self::Unprocessable => {
                "Correct what `errors` names: it does not exist, or does not fit together."
            }
            Self::ConsentRequired => {
                "Read the data privacy and compliance text, and send `\"consent\": {\"agreed\": true}`."
            }
            Self::TooManyRequests | Self::Unavailable => {
                "Try again after the seconds in `Retry-After`."
            }
            Self::Internal => "Try again; if it stays, tell the operator the `traceId`.",
            Self::DestinationRefused => {
                "Read in `detail` what Campaign Monitor says; the connection or the list may have been changed there."
            }
            Self::PreviewTooLong => {
                "Preview fewer segments, or start a run: it takes the time it needs."
            }
            Self::RegistrationTooLong => {
                "Register fewer or smaller files, or packed ones; for a table, ask whoever runs the database."
            }
            Self::OauthNotConfigured => {
                "Give the connection an API key, or have the operator set `SEGMENT_EXPORT_OAUTH_CLIENT_ID` and its \
                    siblings."
            }
            Self::DestinationUnavailable => {
                "Try again in a moment; Campaign Monitor is slow, down, or asks for a pause."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_errors_is_up_to_date() {
        let page = include_str!("../../docs/ERRORS.md");
        assert!(page == super::page(), "docs/ERRORS.md is stale: run `make openapi`");
    }

    #[test]
    fn codes_are_distinct_and_ordered_by_status() {
        let codes: std::collections::HashSet<_> =
            ProblemKind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), ProblemKind::ALL.len());
        assert!(ProblemKind::ALL.is_sorted_by_key(|kind| kind.row().0));
    }
}
