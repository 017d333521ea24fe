//! What to do about each problem: the page `docs/ERRORS.md`, and the examples in the `OpenAPI` document.

use std::fmt::Write;

use serde_json::{Value, json};

use super::problem::{FIELD_CODES, FieldError, Problem, ProblemKind};

const HEAD: &str = "\
# Errors

The service answers every error as `application/problem+json` (RFC 9457), except a call that is no HTTP (400) or whose
headers are too long (431): those have no body. `errorCode` is stable: use it in programs.
`detail` says what happened and what to do. `culprit` says who can correct it: `user` (the caller), `system` (the
operator) or `external` (Campaign Monitor). `type` is `urn:segment-export:problem:` and the code in kebab case. For
invalid input, `errors` names each error by its JSON pointer. When you report a problem to your operator, send the
`traceId`.

`make openapi` writes this page from `src/http/problem/kind.rs` and `src/http/errors.rs`. It does not say why a *run*
ended as it did: `reason` of the run does.

";

const FIELDS: &str = "
## What is wrong at a pointer

Each of `errors` has a `code`, and in `params` the values that its sentence names, where it names any: say it in your
own words with them. `cause` and `expected` are English: they name what has no code.

| `code` | `params` |
|---|---|
";

/// The page `docs/ERRORS.md`.
#[must_use]
pub fn page() -> String {
    format!("{HEAD}{}{FIELDS}{}", table(), fields())
}

/// Every code of what is wrong at a pointer, with the names of its values.
fn fields() -> String {
    FIELD_CODES.iter().fold(String::new(), |mut table, (code, params)| {
        let names: Vec<_> = params.iter().map(|name| format!("`{name}`")).collect();
        // Writing to a String does not fail.
        let _ = writeln!(table, "| `{code}` | {} |", names.join(", "));
        table
    })
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

/// Every problem, as a list that a browser shows when it is asked to: a reader of the document looks for the
/// operations first.
#[must_use]
pub fn folded() -> String {
    let mut list = String::from(
        "<details><summary>Every <code>errorCode</code>, and what to do</summary>\n\n",
    );
    for kind in ProblemKind::ALL {
        let (status, _, code, title) = kind.row();
        let advice = kind.advice();
        // Writing to a String does not fail.
        let _ = writeln!(list, "* `{code}` ({status}): {title}. {advice}");
    }
    list.push_str("\n</details>\n");
    list
}

/// Several sentences: they stand apart so that the list of advice stays short.
const SEGMENT_IN_USE: &str = "Change or remove the exports in `dependants` first. To upload members, register the \
    segment with the source `upload`.";
const CONSENT_REQUIRED: &str =
    "Read the data privacy and compliance text, and send `\"consent\": {\"agreed\": true}`.";
const SECOND_PERSON_NEEDED: &str = "Ask a person to approve it who neither started the run, nor made its \
    settings, nor uploaded its members.";
const REMOVED: &str =
    "Nothing: only the counts of the run remain. `--keep-…-days` sets how long details are kept.";
const REGISTRATION_TOO_LONG: &str = "Register fewer or smaller files, or compressed ones. For a table, ask the \
    operator of its database.";
const NOT_FOUND: &str =
    "Check the address. The object may have been removed, or belong to another instance.";
const TOO_LARGE: &str = "Send a smaller body. Upload members as compressed Parquet, or register the files as a \
    `files` source: an upload replaces all members, so parts would overwrite each other.";

impl ProblemKind {
    /// A document of this kind, for the `OpenAPI` document.
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

    /// What the caller can do about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::InvalidRequest => "Correct what `errors` or `detail` names, and send it again.",
            Self::InvalidCursor => "Send `nextCursor` as `cursor`, and keep `limit` in its range.",
            Self::InvalidMembers => "Correct the row in `detail`, and upload all members again.",
            Self::Unauthenticated => "Sign in again, and send `Authorization: Bearer <token>`.",
            Self::Forbidden => {
                "Ask an administrator for the role, or to share the connection with contributors."
            }
            Self::SecondPersonNeeded => SECOND_PERSON_NEEDED,
            Self::NotFound => NOT_FOUND,
            Self::MethodNotAllowed => "Use one of the methods in `Allow`.",
            Self::NotAcceptable => "Send one of the content types that `detail` names in `Accept`.",
            Self::RequestTimeout => "Send it again on a faster connection.",
            Self::NameTaken => "Choose another display name.",
            Self::ConnectionInUse => "Detach or remove the exports in `dependants` first.",
            Self::ConnectionNotConnected => {
                "Ask an administrator to complete the connection: `detail` says what is missing."
            }
            Self::ChannelInactive => {
                "Switch the channel on with `\"active\": true`, then repeat the call."
            }
            Self::ChannelInUse => "Take the channel out of the rule that `detail` names first.",
            Self::AlertResolved => "Nothing: the reason of the alert is gone.",
            Self::SegmentInUse => SEGMENT_IN_USE,
            Self::ExportInactive => "Attach a connection to the export first.",
            Self::RunAlreadyOpen => "Wait for the run in `runId` to end, or cancel it.",
            Self::RunEnded => "Nothing: the run cannot be cancelled any more.",
            Self::RunNotEnded => "Wait for the run to end: `status` says when.",
            Self::RunNotVerifiable => "Verify the newest run of the export, or start one.",
            Self::VerificationOpen => "Wait for the verification in `verificationId` to end.",
            Self::NotAwaitingApproval => "Nothing: read the run to see what comes of it.",
            Self::SegmentsChanged => "Start the run again. Its plan counts the members of now.",
            Self::PlanChanged => "Read the plan again, and approve it with its new hash.",
            Self::InstancePaused => "Ask an administrator to resume the instance.",
            Self::QuotaExceeded => "Remove what nobody needs, or ask your operator for more.",
            Self::IdempotencyKeyReused => "Send a new key, or repeat the first request unchanged.",
            Self::Removed => REMOVED,
            Self::Changed => "Read it again, and repeat your change with the new version.",
            Self::TooLarge => TOO_LARGE,
            Self::UnsupportedMediaType => "Send one of the content types that `detail` names.",
            Self::Unprocessable => {
                "Correct what `errors` names: it does not exist, or does not fit the rest."
            }
            Self::ConsentRequired => CONSENT_REQUIRED,
            Self::RateLimited => "Call less often. Try again after `Retry-After` seconds.",
            Self::TooManyRequests | Self::Unavailable => "Try again after `Retry-After` seconds.",
            Self::Internal => "Try again. If it fails again, send `traceId` to your operator.",
            Self::DestinationRefused => {
                "Correct what `detail` reports. The connection or the list may have changed in Campaign Monitor."
            }
            Self::PreviewTooLong => "Preview fewer segments, or start a run: it has no time limit.",
            Self::RegistrationTooLong => REGISTRATION_TOO_LONG,
            Self::EncryptionKeyMissing => {
                "Ask your operator to set the earlier key again. Or enter the credentials again."
            }
            Self::OauthNotConfigured => {
                "Use an API key, or ask your operator to set `SEGMENT_EXPORT_OAUTH_CLIENT_ID` and the settings that go \
                    with it."
            }
            Self::DestinationUnavailable => {
                "Try again later: Campaign Monitor is slow, unavailable, or asks for a pause."
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
