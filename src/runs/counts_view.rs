//! The counts of a run on the wire: a run and its receipt show the same.

use serde::Serialize;
use utoipa::ToSchema;

use super::counts::Counts;
use super::run_plan::LeaverCounts;

/// Profiles by outcome: `selected` is the sum of all other counts, at every moment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(
    example = json!({"selected": 1_000_000, "created": 412_000, "updated": 90_000, "unchanged": 0, "rejected": 812,
        "duplicate": 95, "invalid": 71, "inDoubt": 0, "remaining": 497_022, "resubscribed": 4,
        "changedAddresses": 3,
        "leavers": {"found": 652, "flagged": 0, "deleted": 630, "unsubscribed": 0, "kept": 12, "gone": 9, "failed": 1,
            "remaining": 0}}),
)]
pub struct CountsView {
    /// Members of the selected segments.
    pub selected: i64,
    /// Profiles that are new on the list.
    pub created: i64,
    /// On the list before, and updated.
    pub updated: i64,
    /// Not sent: Campaign Monitor has acknowledged the same record before.
    pub unchanged: i64,
    /// Profiles that Campaign Monitor rejected.
    pub rejected: i64,
    /// Not sent: another profile of this run with the same address was.
    pub duplicate: i64,
    /// Not sent: no usable address, `CustomerId` or consent, or the person was erased on request.
    pub invalid: i64,
    /// Sent, but Campaign Monitor did not answer whether it stored them.
    pub in_doubt: i64,
    /// Not processed yet.
    pub remaining: i64,
    /// A part of `updated`: people who were known to be off the list, and who are back.
    pub resubscribed: i64,
    /// A part of `updated`: people whom the list had under another address, which was changed.
    pub changed_addresses: i64,
    /// People who left the segments, by outcome.
    pub leavers: LeaversView,
}

/// People who left the segments, by outcome: `found` is the sum of all other counts, at every moment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(
    example = json!({"found": 652, "flagged": 0, "deleted": 630, "unsubscribed": 0, "kept": 12, "gone": 9,
        "failed": 1, "remaining": 0}),
)]
pub struct LeaversView {
    /// Members that the segments do not have any more. Counted where the export does something to them.
    pub found: i64,
    /// A field of the list says that they left.
    pub flagged: i64,
    /// This run deleted them from the list.
    pub deleted: i64,
    /// This run unsubscribed them, as if they had wished it.
    pub unsubscribed: i64,
    /// They stay as they are: not put on the list by this service, or also in another export to it.
    pub kept: i64,
    /// They had left the list before the run came to them.
    pub gone: i64,
    /// Campaign Monitor rejected the call. The next run tries again.
    pub failed: i64,
    /// Not processed yet.
    pub remaining: i64,
}

impl From<LeaverCounts> for LeaversView {
    fn from(counts: LeaverCounts) -> Self {
        let remaining = counts.remaining();
        let LeaverCounts { found, flagged, deleted, unsubscribed, kept, gone, failed } = counts;
        Self { found, flagged, deleted, unsubscribed, kept, gone, failed, remaining }
    }
}

impl CountsView {
    /// What a run has counted so far.
    #[must_use]
    pub fn of(counts: Counts, leavers: LeaverCounts) -> Self {
        Self {
            selected: counts.selected,
            created: counts.created,
            updated: counts.updated,
            unchanged: counts.unchanged,
            rejected: counts.rejected,
            duplicate: counts.duplicate,
            invalid: counts.invalid,
            in_doubt: counts.in_doubt,
            remaining: counts.remaining(),
            resubscribed: counts.resubscribed,
            changed_addresses: counts.changed_addresses,
            leavers: leavers.into(),
        }
    }
}
