//! How many people a list has in each state, before and after a run, and whether the numbers fit what the run did.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::tally::Findings;
use crate::db::Time;

/// People of a list by state.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::FromRow,
)]
#[serde(rename_all = "camelCase")]
pub struct StateCounts {
    /// People on the list, who get mail.
    pub active: i64,
    /// People who have not confirmed yet.
    pub unconfirmed: i64,
    /// People who have left the list.
    pub unsubscribed: i64,
    /// People whose mail came back.
    pub bounced: i64,
    /// People whom somebody deleted there.
    pub deleted: i64,
}

/// The counts of a list at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListCounts {
    pub all: StateCounts,
    /// Of those who came into their state since the run began; `None` before it.
    pub entered: Option<StateCounts>,
    /// When they were read.
    pub read_utc: Time,
    /// The same moment on the clock of the account, as `2026-11-29 09:00:00`.
    pub account_time: String,
}

/// Whether the counts before and after a run fit what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountFindings {
    /// New subscribers by the answers of Campaign Monitor.
    pub created: i64,
    /// Whom the run brought back: they were on the list before, and not among the active subscribers.
    pub resubscribed: i64,
    /// Whom the run removed from the active subscribers.
    pub removed: i64,
}

impl StateCounts {
    /// The numbers of the states, in the order of `SubscriberState::ALL`.
    #[must_use]
    pub const fn of([active, unconfirmed, unsubscribed, bounced, deleted]: [i64; 5]) -> Self {
        Self { active, unconfirmed, unsubscribed, bounced, deleted }
    }

    /// People who can get mail now or once they confirm: where the new ones of a run are.
    #[must_use]
    pub const fn joined(&self) -> i64 {
        self.active + self.unconfirmed
    }

    /// Everybody of whom the list has an entry.
    #[must_use]
    pub const fn everybody(&self) -> i64 {
        self.joined() + self.left()
    }

    const fn left(&self) -> i64 {
        self.unsubscribed + self.bounced + self.deleted
    }
}

impl CountFindings {
    /// How many of the new ones the counts do not show. Who left meanwhile is no gap, and who joined by other ways may
    /// hide one: counts know nobody by name.
    #[must_use]
    pub fn missing(self, before: &ListCounts, after: &ListCounts) -> i64 {
        let grown = after.all.joined() - before.all.joined();
        let gap = self.created + self.resubscribed - self.removed - grown;
        // An account that did not heed the date would answer with everybody, and hide every gap.
        let is_dated = |entered: &StateCounts| *entered != after.all || before.all.everybody() == 0;
        let left_since = after.entered.filter(is_dated).map_or(0, |entered| entered.left());
        let left = (after.all.left() - before.all.left()).max(left_since) - self.removed;
        (gap - left.max(0)).max(0)
    }

    /// The same as what a verification found.
    #[must_use]
    pub fn findings(self, before: &ListCounts, after: &ListCounts) -> Findings {
        Findings { missing: Some(self.missing(before, after)), ..Findings::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(all: [i64; 5], entered: Option<[i64; 5]>) -> ListCounts {
        ListCounts {
            all: StateCounts::of(all),
            entered: entered.map(StateCounts::of),
            read_utc: crate::db::now(),
            account_time: "2026-11-29 09:00:00".into(),
        }
    }

    fn missing(created: i64, before: [i64; 5], after: [i64; 5], entered: [i64; 5]) -> i64 {
        let run = CountFindings { created, resubscribed: 0, removed: 0 };
        run.missing(&counts(before, None), &counts(after, Some(entered)))
    }

    #[test]
    fn before_and_new_ones_make_after() {
        let before = [10, 0, 2, 1, 0];
        assert_eq!(missing(5, before, [15, 0, 2, 1, 0], [5, 0, 0, 0, 0]), 0);
        assert_eq!(missing(5, before, [10, 5, 2, 1, 0], [0, 5, 0, 0, 0]), 0, "they must confirm");
        assert_eq!(missing(5, before, [12, 0, 2, 1, 0], [2, 0, 0, 0, 0]), 3);
    }

    #[test]
    fn who_left_meanwhile_is_not_missing() {
        let before = [10, 0, 2, 1, 0];
        assert_eq!(missing(5, before, [12, 0, 4, 1, 1], [5, 0, 2, 0, 1]), 0);
        assert_eq!(missing(5, before, [12, 0, 3, 1, 0], [5, 0, 1, 0, 0]), 2);
    }

    #[test]
    fn counts_that_heed_no_date_hide_no_gap() {
        let (before, after) = ([10, 0, 20, 1, 4], [12, 0, 20, 1, 4]);
        assert_eq!(missing(5, before, after, after), 3);
    }

    #[test]
    fn whom_the_run_removed_is_not_missing_either() {
        let run = CountFindings { created: 5, resubscribed: 0, removed: 3 };
        let before = counts([10, 0, 0, 0, 0], None);
        let after = counts([12, 0, 0, 0, 3], Some([5, 0, 0, 0, 3]));
        assert_eq!(run.missing(&before, &after), 0);
        let after = counts([11, 0, 0, 0, 3], Some([5, 0, 0, 0, 3]));
        assert_eq!(run.missing(&before, &after), 1);
    }
}
