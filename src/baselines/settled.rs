//! What is kept of a run that had nothing to do, so that the next one need not read a row to know that it has nothing
//! to do either.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::baseline::Baseline;
use super::layer::{CONTENT, KEY, STATE};
use crate::storage::{self, ContentHash, Storage, WantedColumns, manifest_of};

/// What such a run found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettledPlan {
    /// Rows of its segments, each of a member whose record the list has, or has refused.
    pub rows: i64,
    /// Members whom the list has, as far as is known.
    pub on_list: i64,
    /// Whether the list refused somebody.
    pub has_refused: bool,
    /// People who left the segments, and stay as they are.
    pub kept: usize,
}

/// The same with all that decided it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settled {
    /// The version of the baseline.
    pub version: i64,
    /// A hash of what decided beside the rows.
    pub decided_by: String,
    /// Of what the rows of the segments are read from.
    pub rows: ContentHash,
    /// Of the members that the rows were compared with.
    pub members: ContentHash,
    /// What is true as long as all of these are the same.
    pub plan: SettledPlan,
}

/// Hashes what an index of the members is read from, so that damage is noticed as if they were read. `None` where that
/// starts in another way than what is `known`.
pub async fn members_hash(
    storage: &Storage,
    baseline: &Baseline,
    known: Option<&ContentHash>,
) -> Result<Option<ContentHash>, storage::Error> {
    let columns = WantedColumns::of([KEY, CONTENT, STATE].map(str::to_owned));
    let layers = Arc::new(manifest_of(&baseline.layers));
    storage.content(&[layers], &columns, baseline.seed(), known).await
}
