//! What a run is about to do: computed before its first call, shown to people, and approved by its hash.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::names::RunId;
use crate::params::Params;

/// What a run is about to do, in people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunPlan {
    /// Members that the list does not have from this export yet.
    #[schema(minimum = 0, example = 1200)]
    pub new: i64,
    /// Members whose record differs from what Campaign Monitor last acknowledged.
    #[schema(minimum = 0, example = 310)]
    pub changed: i64,
    /// Members whose address changed: their subscriber gets the new one. They are neither new nor leavers.
    #[serde(default)]
    #[schema(required, minimum = 0, example = 3)]
    pub changed_addresses: i64,
    /// Members that the list has as they are. They are sent all the same unless the export sends changes only.
    #[schema(minimum = 0, example = 98_400)]
    pub unchanged: i64,
    /// People who are flagged, deleted or unsubscribed.
    #[schema(minimum = 0, example = 640)]
    pub leavers: i64,
    /// People who left the segments and stay as they are: not put on the list by this service, or held by another
    /// export.
    #[schema(minimum = 0, example = 12)]
    pub kept: i64,
    /// Of the new and the changed members: people whom an earlier run had flagged, deleted or unsubscribed.
    #[schema(minimum = 0, example = 7)]
    pub returning: i64,
    /// Calls to Campaign Monitor, if each is answered at once.
    #[schema(minimum = 0, example = 644)]
    pub calls: i64,
    /// At the speed of calls that is usual for Campaign Monitor.
    #[schema(minimum = 0, example = 25)]
    pub estimated_seconds: i64,
    /// The last run of the export that went through all its members; `null` before.
    #[schema(required)]
    pub compared_with: Option<ComparedWith>,
    /// The limits of the brake that are reached; none when nobody has to approve.
    pub limits: Vec<ReachedLimit>,
}

/// An earlier run of the export, for comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComparedWith {
    /// The run that went through all its members.
    pub run_id: RunId,
    /// Members that its segments had then.
    #[schema(minimum = 0, example = 99_910)]
    pub selected: i64,
}

/// A limit of the brake that a plan reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReachedLimit {
    /// What the limit counts, and how.
    pub limit: BrakeRule,
    /// What the plan has: people, or percent of the members that the list has from this export.
    #[schema(minimum = 0, example = 640)]
    pub value: i64,
    /// From where on it needs an approval.
    #[schema(minimum = 0, example = 500)]
    pub from: i64,
}

/// What a limit of the brake counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum BrakeRule {
    /// People who are removed or flagged.
    RemovalsCount,
    /// Their part of the members that the list has.
    RemovalsPercent,
    /// The segments have no members, and somebody would be removed or flagged.
    EmptySegments,
    /// Members that the list does not have yet.
    AdditionsCount,
    /// Their part of the members that the list has.
    AdditionsPercent,
}

impl BrakeRule {
    /// The same word as in JSON.
    const fn word(self) -> &'static str {
        match self {
            Self::RemovalsCount => "removalsCount",
            Self::RemovalsPercent => "removalsPercent",
            Self::EmptySegments => "emptySegments",
            Self::AdditionsCount => "additionsCount",
            Self::AdditionsPercent => "additionsPercent",
        }
    }

    /// Whether it is about people who leave.
    #[must_use]
    pub const fn is_about_removals(self) -> bool {
        matches!(self, Self::RemovalsCount | Self::RemovalsPercent | Self::EmptySegments)
    }
}

impl RunPlan {
    /// Whether nobody is sent, brought back or removed by it, and nobody has to approve it.
    #[must_use]
    pub const fn does_nothing(&self) -> bool {
        let Self { new, changed, changed_addresses, leavers, returning, calls, .. } = self;
        *new == 0
            && *changed == 0
            && *changed_addresses == 0
            && *leavers == 0
            && *returning == 0
            && *calls == 0
            && self.limits.is_empty()
    }

    /// The limits that it reaches, in a sentence.
    #[must_use]
    pub fn explanation(&self) -> String {
        let sentences = self.limits.iter().map(ReachedLimit::sentence);
        let changed = self.changed_addresses;
        let addresses = (changed > 0).then(|| {
            format!("Of these, {changed} stay and get another address (with the same CustomerId).")
        });
        sentences.chain(addresses).collect::<Vec<_>>().join(" ")
    }

    /// The limits that it reaches: how many there are, which is the first, and what its sentence names.
    #[must_use]
    pub fn params(&self) -> Params {
        let params = Params::default().with("changedAddresses", self.changed_addresses);
        let Some(first) = self.limits.first() else { return params };
        let params = params.with("limits", self.limits.len()).with("limit", first.limit.word());
        params.with("value", first.value).with("from", first.from)
    }
}

impl ReachedLimit {
    fn sentence(&self) -> String {
        let Self { value, from, .. } = self;
        match self.limit {
            BrakeRule::RemovalsCount => {
                format!(
                    "{value} people would leave the list (an approval is needed from {from} on)."
                )
            }
            BrakeRule::RemovalsPercent => format!(
                "{value} % of the people whom this export has on the list would leave it (an approval is needed from \
                 {from} % on)."
            ),
            BrakeRule::EmptySegments => {
                format!("The segments have no members, and {value} people would leave the list.")
            }
            BrakeRule::AdditionsCount => {
                format!("{value} people are new (an approval is needed from {from} on).")
            }
            BrakeRule::AdditionsPercent => format!(
                "The list would grow by {value} % (an approval is needed from {from} % on)."
            ),
        }
    }
}

/// People who left the segments of a run, by outcome: `found` is the sum of all others, at every moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct LeaverCounts {
    /// Members of the baseline that the segments do not have any more.
    #[sqlx(rename = "leavers_found")]
    pub found: i64,
    /// Their flag says that they left.
    #[sqlx(rename = "leavers_flagged")]
    pub flagged: i64,
    /// Deleted from the list.
    #[sqlx(rename = "leavers_deleted")]
    pub deleted: i64,
    /// Unsubscribed from it.
    #[sqlx(rename = "leavers_unsubscribed")]
    pub unsubscribed: i64,
    /// Not put on the list by this service, or also in another export.
    #[sqlx(rename = "leavers_kept")]
    pub kept: i64,
    /// Off the list before the run came to them.
    #[sqlx(rename = "leavers_gone")]
    pub gone: i64,
    /// Campaign Monitor rejected the call.
    #[sqlx(rename = "leavers_failed")]
    pub failed: i64,
}

impl LeaverCounts {
    /// Those who have an outcome.
    #[must_use]
    pub const fn accounted(&self) -> i64 {
        self.acted() + self.kept
    }

    /// Those whom the run has come to.
    #[must_use]
    pub const fn acted(&self) -> i64 {
        self.flagged + self.deleted + self.unsubscribed + self.gone + self.failed
    }

    /// Those who are flagged or off the list now, or were found off it.
    #[must_use]
    pub const fn changed(&self) -> i64 {
        self.flagged + self.deleted + self.unsubscribed + self.gone
    }

    /// Those without an outcome yet, by the law.
    #[must_use]
    pub const fn remaining(&self) -> i64 {
        self.found - self.accounted()
    }
}

/// Calls of a run that flag, delete or unsubscribe people who left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema, sqlx::FromRow)]
pub struct LeaverCallCounts {
    /// How many there were, retries included.
    #[sqlx(rename = "leaver_calls_made")]
    pub made: i64,
    /// Those of them that Campaign Monitor accepted or rejected. The others had no answer, or an error.
    #[sqlx(rename = "leaver_calls_answered")]
    pub answered: i64,
}
