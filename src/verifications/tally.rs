//! What was found of all people so far.

use std::collections::HashMap;

use super::difference::{DIFFERENCES_MAX, DifferenceKind, ListDifference};

/// What a verification found; `None` of what its level cannot know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// On the list, with what was sent.
    pub confirmed: Option<i64>,
    /// Acknowledged, and not on the list.
    pub missing: Option<i64>,
    /// On the list, with other values.
    pub changed_by_others: Option<i64>,
    /// On the list, and no members.
    pub strangers: Option<i64>,
    /// Of whom nothing could be found out.
    pub unknown: Option<i64>,
    /// How many can be missing at most, with 95 % certainty.
    pub bound: Option<i64>,
    /// Pages of the list that were read, some perhaps twice.
    pub pages_read: Option<i64>,
    /// Pages that the list has.
    pub pages_of: Option<i64>,
    /// At most [`DIFFERENCES_MAX`] people.
    pub differences: Vec<ListDifference>,
}

/// Counts people by what was found of them, and names some.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub confirmed: i64,
    counts: HashMap<DifferenceKind, i64>,
    named: Vec<ListDifference>,
}

impl Tally {
    /// Counts somebody of whom something differs.
    pub fn add(&mut self, difference: ListDifference) {
        self.count(difference.kind, 1);
        let of_kind = self.counts[&difference.kind];
        if of_kind <= most() {
            self.named.push(difference);
        }
    }

    /// Counts people whom it does not name.
    pub fn count(&mut self, kind: DifferenceKind, people: i64) {
        *self.counts.entry(kind).or_default() += people;
    }

    /// How many there are of a kind.
    #[must_use]
    pub fn of(&self, kind: DifferenceKind) -> i64 {
        self.counts.get(&kind).copied().unwrap_or_default()
    }

    /// Adds what was found elsewhere.
    pub fn merge(&mut self, other: Self) {
        self.confirmed += other.confirmed;
        for (kind, people) in other.counts {
            let room = most() - self.of(kind);
            let named = other.named.iter().filter(|one| one.kind == kind);
            self.named.extend(named.take(usize::try_from(room).unwrap_or(0)).cloned());
            self.count(kind, people);
        }
    }

    /// All of it; who is missing is named first.
    #[must_use]
    pub fn findings(mut self, pages_read: i64, pages_of: i64) -> Findings {
        self.named.sort_by_key(|one| one.kind);
        self.named.dedup_by(|one, other| one.kind == other.kind && one.email == other.email);
        self.named.truncate(DIFFERENCES_MAX);
        Findings {
            confirmed: Some(self.confirmed),
            missing: Some(self.of(DifferenceKind::Missing)),
            changed_by_others: Some(self.of(DifferenceKind::ChangedByOthers)),
            strangers: Some(self.of(DifferenceKind::Stranger)),
            unknown: Some(self.of(DifferenceKind::Unknown)),
            bound: None,
            pages_read: Some(pages_read),
            pages_of: Some(pages_of),
            differences: self.named,
        }
    }
}

/// As many as are named of each kind.
fn most() -> i64 {
    i64::try_from(DIFFERENCES_MAX).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody(kind: DifferenceKind, number: usize) -> ListDifference {
        ListDifference {
            kind,
            email: format!("{number}@example.com"),
            customer_id: None,
            state: None,
        }
    }

    #[test]
    fn all_are_counted_and_who_is_missing_is_named_before_strangers() {
        let mut tally = Tally::default();
        for number in 0..DIFFERENCES_MAX + 5 {
            tally.add(somebody(DifferenceKind::Stranger, number));
        }
        let mut other = Tally { confirmed: 3, ..Tally::default() };
        other.add(somebody(DifferenceKind::Missing, 1));
        tally.merge(other);
        let found = tally.findings(2, 9);
        assert_eq!((found.confirmed, found.missing), (Some(3), Some(1)));
        assert_eq!(found.strangers, Some(most() + 5));
        assert_eq!(found.differences.len(), DIFFERENCES_MAX);
        assert_eq!(found.differences[0].kind, DifferenceKind::Missing);
    }
}
