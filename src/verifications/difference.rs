//! A person of whom a list has something else than a run sent.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Differences that are stored of one verification; all are counted.
pub const DIFFERENCES_MAX: usize = 10_000;

/// How the list differs from what was sent.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    sqlx::Type,
    ToSchema,
)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum DifferenceKind {
    /// Sent and acknowledged, and not active on the list.
    Missing,
    /// On the list with other values than were sent: somebody else has changed them, or Campaign Monitor did not store
    /// them.
    ChangedByOthers,
    /// It could not be found out.
    Unknown,
    /// On the list, and not known to the export.
    Stranger,
}

impl DifferenceKind {
    /// The same word as in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::ChangedByOthers => "changedByOthers",
            Self::Unknown => "unknown",
            Self::Stranger => "stranger",
        }
    }
}

/// One person with what was found.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ListDifference {
    /// How the list differs from what was sent.
    pub kind: DifferenceKind,
    /// Of a member as it was sent, else as the list has it.
    pub email: String,
    /// `None` of people who are not members.
    pub customer_id: Option<String>,
    /// What the person is to the list; `None` when it is not known, or when the list knows no such person.
    pub state: Option<String>,
}
