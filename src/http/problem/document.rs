//! The wire form of problems: RFC 9457. `type` is `urn:segment-export:problem:` and the code in kebab case.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::field_code::params_of;
use crate::names::Culprit;
use crate::params::{Param, Params};

/// One thing that is wrong with the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to it; empty for the body itself.
    #[schema(example = "/mapping/email")]
    pub pointer: String,
    /// Stable, camelCase.
    #[schema(example = "unknownField")]
    pub code: &'static str,
    /// What is wrong, for people.
    #[schema(example = "The segment “HighValue” has no field “Mail”.")]
    pub message: String,
    /// The values that the message names, for a front end that says it in its own words.
    #[serde(skip_serializing_if = "Params::is_empty")]
    #[schema(value_type = Object, required = false, example = json!({"max": 100}))]
    pub params: Params,
}

impl FieldError {
    /// Something wrong at `pointer`.
    pub fn new(pointer: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        debug_assert!(params_of(code).is_some(), "{code} is missing in FIELD_CODES");
        Self { pointer: pointer.into(), code, message: message.into(), params: Params::default() }
    }

    /// Adds a value that the message names.
    #[must_use]
    pub fn with(self, name: &str, value: impl Into<Param>) -> Self {
        self.with_all(Params::default().with(name, value))
    }

    /// Adds several values that the message names.
    #[must_use]
    pub fn with_all(mut self, params: Params) -> Self {
        let known = params_of(self.code).unwrap_or_default();
        debug_assert!(
            params.names().all(|name| known.contains(&name)),
            "FIELD_CODES lacks values of {}: {params:?}",
            self.code
        );
        self.params.append(params);
        self
    }
}

/// A member that only some problems have. Its name differs from those of RFC 9457 and of every problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// The exports that use the object.
    Dependants,
    /// The run that is open.
    RunId,
    /// `status` is that of HTTP.
    RunStatus,
    /// The verification that is open.
    VerificationId,
}

impl Member {
    /// Every one.
    pub const ALL: [Self; 4] =
        [Self::Dependants, Self::RunId, Self::RunStatus, Self::VerificationId];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Dependants => "dependants",
            Self::RunId => "runId",
            Self::RunStatus => "runStatus",
            Self::VerificationId => "verificationId",
        }
    }
}

/// The wire form of a problem, RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// Stable URN of the kind of problem.
    #[schema(example = "urn:segment-export:problem:connection-in-use")]
    pub(super) r#type: String,
    /// The kind of problem, for people.
    #[schema(example = "Exports use the connection")]
    pub(super) title: &'static str,
    /// HTTP status code; the same as that of the answer.
    #[schema(example = 409)]
    pub(super) status: u16,
    /// What happened this time, and what to do.
    #[schema(example = "2 exports use this connection. Detach or remove them first.")]
    pub(super) detail: String,
    /// Unique to this occurrence.
    #[schema(example = "urn:uuid:0198c5a2-7d3e-7b4c-9a51-3f6c2d8e1b47")]
    pub(super) instance: String,
    /// Stable, camelCase.
    #[schema(example = "connectionInUse")]
    pub(super) error_code: &'static str,
    pub(super) culprit: Culprit,
    /// Trace id of the request; your operator finds its logs by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trace_id: Option<String>,
    /// What is wrong with the input, for status 400 and 422.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<FieldError>,
    #[serde(flatten)]
    #[schema(ignore)]
    pub(super) members: Map<String, Value>,
}

/// A code in the form that a URN has.
pub(super) fn kebab(camel: &str) -> String {
    camel.chars().fold(String::new(), |mut text, c| {
        if c.is_ascii_uppercase() {
            text.push('-');
        }
        text.push(c.to_ascii_lowercase());
        text
    })
}
