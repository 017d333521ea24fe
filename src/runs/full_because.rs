//! Why a run of an export that sends changes only does more than that.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a run that sends changes only compares or sends more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum FullBecause {
    /// The caller asked for it. Every member is sent.
    Requested,
    /// Nothing is known yet of what the list has from this export. Every member is sent.
    FirstRun,
    /// The mapping, the fields of the list, the options or this service changed. Every member is compared by its
    /// record, and sent where that differs.
    MappingChanged,
    /// What the last run sent is not known. Every member is sent.
    BaselineBehind,
    /// The list has less than half of the people of whom something is known, in whatever state: somebody emptied it.
    /// Every member is sent.
    ListEmptied,
    /// What was known of the members is missing or damaged. Every member is sent.
    BaselineLost,
}

impl FullBecause {
    /// As it is stored: an emptied list has a column of its own, beside one whose values are fixed.
    pub(super) const fn stored(self) -> Self {
        match self {
            Self::ListEmptied => Self::BaselineBehind,
            other => other,
        }
    }
}
