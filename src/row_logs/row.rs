//! A row of the log, in the words that are promised.

use std::collections::BTreeMap;

use crate::runs::{LeaverOutcome, Rejection, RejectionOutcome};

/// The code of a profile that was not sent although nothing is wrong with it.
const REFUSED_BEFORE: &str = "refusedBefore";

/// The outcome of a profile, or of a person who left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowOutcome {
    Created,
    Updated,
    /// On the list; the answer says only how many of its call are new.
    CreatedOrUpdated,
    Rejected,
    Duplicate,
    Invalid,
    InDoubt,
    Flagged,
    Deleted,
    Unsubscribed,
    Gone,
    Failed,
}

impl RowOutcome {
    /// As the file has it; stable.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::CreatedOrUpdated => "createdOrUpdated",
            Self::Rejected => "rejected",
            Self::Duplicate => "duplicate",
            Self::Invalid => "invalid",
            Self::InDoubt => "inDoubt",
            Self::Flagged => "flagged",
            Self::Deleted => "deleted",
            Self::Unsubscribed => "unsubscribed",
            Self::Gone => "gone",
            Self::Failed => "failed",
        }
    }

    /// `success`, `failure`, `skipped` or `unknown`.
    const fn status(self) -> &'static str {
        match self {
            Self::Created
            | Self::Updated
            | Self::CreatedOrUpdated
            | Self::Flagged
            | Self::Deleted
            | Self::Unsubscribed => "success",
            Self::Rejected | Self::Failed => "failure",
            Self::Duplicate | Self::Invalid | Self::Gone => "skipped",
            Self::InDoubt => "unknown",
        }
    }

    /// What was asked of Campaign Monitor; `action` is what the export does to people who leave.
    const fn operation(self, action: &'static str) -> &'static str {
        match self {
            Self::Duplicate | Self::Invalid | Self::Gone => "skip",
            Self::Flagged => "flag",
            Self::Deleted => "delete",
            Self::Unsubscribed => "unsubscribe",
            Self::Failed => action,
            Self::Created
            | Self::Updated
            | Self::CreatedOrUpdated
            | Self::Rejected
            | Self::InDoubt => "upsert",
        }
    }

    /// `None`: it is counted, and has no row.
    pub const fn of_leaver(outcome: LeaverOutcome) -> Option<Self> {
        match outcome {
            LeaverOutcome::Flagged => Some(Self::Flagged),
            LeaverOutcome::Deleted => Some(Self::Deleted),
            LeaverOutcome::Unsubscribed => Some(Self::Unsubscribed),
            LeaverOutcome::Gone
            | LeaverOutcome::GoneUnknown
            | LeaverOutcome::GoneAndDeleted
            | LeaverOutcome::GoneUnsubscribed
            | LeaverOutcome::GoneBounced
            | LeaverOutcome::GoneSuppressed => Some(Self::Gone),
            LeaverOutcome::Failed => Some(Self::Failed),
            LeaverOutcome::InDoubt | LeaverOutcome::LetGo => None,
        }
    }

    const fn of_rejection(outcome: RejectionOutcome) -> Self {
        match outcome {
            RejectionOutcome::Rejected => Self::Rejected,
            RejectionOutcome::Invalid => Self::Invalid,
            RejectionOutcome::Duplicate => Self::Duplicate,
            RejectionOutcome::InDoubt => Self::InDoubt,
        }
    }
}

/// A row before it is written.
#[derive(Clone, Debug)]
pub struct LoggedRow<'a> {
    /// The `CustomerId`; `None` of a profile without one.
    pub identifier: Option<&'a str>,
    pub operation: &'static str,
    pub status: &'static str,
    pub message: Option<&'a str>,
    pub outcome: RowOutcome,
    pub code: Option<&'a str>,
    pub address_hash: Option<String>,
    /// The record as it was sent.
    pub payload: Option<String>,
}

impl<'a> LoggedRow<'a> {
    /// Of somebody whom nothing else is known of; `action` is what the export does to people who leave.
    pub fn new(identifier: &'a str, outcome: RowOutcome, action: &'static str) -> Self {
        Self {
            identifier: Some(identifier).filter(|id| !id.is_empty()),
            operation: outcome.operation(action),
            status: outcome.status(),
            message: None,
            outcome,
            code: None,
            address_hash: None,
            payload: None,
        }
    }

    pub fn of_rejection(rejection: &'a Rejection) -> Self {
        let outcome = RowOutcome::of_rejection(rejection.outcome);
        let mut row = Self::new(&rejection.customer_id, outcome, "");
        if rejection.code == REFUSED_BEFORE {
            (row.operation, row.status) = ("skip", "skipped");
        }
        row.message = Some(&rejection.message);
        row.code = Some(&rejection.code);
        row
    }
}

/// How many rows have each outcome.
pub fn outcomes(rows: &[LoggedRow<'_>]) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(row.outcome.word()).or_default() += 1;
    }
    counts.into_iter().map(|(word, count)| (word.to_owned(), count)).collect()
}
