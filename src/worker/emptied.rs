//! Whether others took most people off the list since the last run: a run that sends changes does not ask for each.
//!
//! Who was deleted there, or left, is still counted in that state, and stays off the list: that is said. Only where
//! people are in no state any more is everybody sent again who has not said no.

use crate::exports::{Warning, WarningCode};
use crate::records::basis::Basis;
use crate::verifications::StateCounts;

/// Whether the list has the people whom the export knows on it.
#[derive(Debug, PartialEq, Eq)]
pub enum ListAsKnown {
    /// Most of them.
    Yes,
    /// Most have left, or were deleted there.
    Few(Warning),
    /// Most are in no state at all.
    Emptied,
}

/// Compares what the list has before a run with what is known of it. Nothing is concluded without either.
pub fn list_as_known(basis: &Basis, counted: Option<&StateCounts>) -> ListAsKnown {
    match (&basis.marking.comparison, counted) {
        (Some(comparison), Some(counted)) => compare(comparison.on_list(), counted),
        _ => ListAsKnown::Yes,
    }
}

/// The same by the number of people who are known on the list: whether it has most of them.
pub fn has_people(known: i64, counted: &StateCounts) -> bool {
    compare(known, counted) == ListAsKnown::Yes
}

/// People whom others put on the list may hide a loss, and never make one up.
fn compare(known: i64, counted: &StateCounts) -> ListAsKnown {
    let are_most_gone = |found: i64| found < known - found;
    if are_most_gone(counted.everybody()) {
        ListAsKnown::Emptied
    } else if are_most_gone(counted.joined()) {
        ListAsKnown::Few(few_on_list(known, counted.joined()))
    } else {
        ListAsKnown::Yes
    }
}

fn few_on_list(known: i64, joined: i64) -> Warning {
    let message = format!(
        "The list has {joined} people who get mail or have yet to confirm, and this export knew {known} on it: others \
         have left, or were deleted at Campaign Monitor. They stay off the list. Look there for who did that."
    );
    Warning::new(WarningCode::FewOnList, message).with("joined", joined).with("known", known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(known: i64, states: [i64; 5]) -> ListAsKnown {
        compare(known, &StateCounts::of(states))
    }

    #[test]
    fn a_list_is_emptied_when_most_people_are_in_no_state_at_all() {
        assert_eq!(found(100, [100, 0, 10, 5, 5]), ListAsKnown::Yes);
        assert_eq!(found(100, [0, 0, 0, 0, 0]), ListAsKnown::Emptied);
        assert_eq!(found(100, [40, 0, 9, 0, 0]), ListAsKnown::Emptied);
        assert_eq!(found(100, [50, 0, 0, 0, 0]), ListAsKnown::Yes);
        assert_eq!(found(0, [0, 0, 0, 0, 0]), ListAsKnown::Yes);
    }

    #[test]
    fn people_who_left_or_were_deleted_are_told_of_and_not_sent() {
        let ListAsKnown::Few(warning) = found(100, [3, 0, 0, 0, 97]) else { panic!() };
        assert!(warning.message.starts_with("The list has 3 people"), "{warning:?}");
        assert!(matches!(found(100, [49, 0, 51, 0, 0]), ListAsKnown::Few(_)));
        assert_eq!(found(100, [50, 0, 50, 0, 0]), ListAsKnown::Yes);
    }

    #[test]
    fn people_who_have_yet_to_confirm_have_not_left() {
        assert_eq!(found(100, [5, 95, 0, 0, 0]), ListAsKnown::Yes);
    }
}
