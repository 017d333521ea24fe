//! Counts, while records are written, the values that do not fit, and keeps which they are.
//!
//! A value that fits costs one mark, in memory that is there already.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::invisible::all_shown;
use super::problem::{Misfit, ProblemCode, Target};

/// The most misfits that are kept of a page: no run stores more. All are counted.
const MISFITS_MAX: usize = 10_000;
/// Characters of a misfit that are kept.
const VALUE_CHARS_SHOWN: usize = 100;

/// The values of a page for one part of a subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetTally {
    pub target: Target,
    /// How many of them, or their beginnings, were sent.
    pub sent: i64,
    /// How many could not be sent as they are, by reason.
    pub misfits: BTreeMap<ProblemCode, i64>,
}

/// What a value goes into beside the custom fields, in the order in which they are counted.
const OTHERS: [Target; 5] = [
    Target::Email,
    Target::Name,
    Target::MobileNumber,
    Target::ConsentToTrack,
    Target::ConsentToSendSms,
];

/// Counts the values of a page.
pub(super) struct Tally {
    /// For each custom field, then for each of the other targets.
    sent: Vec<Cell<i64>>,
    counts: RefCell<BTreeMap<(Target, ProblemCode), i64>>,
    misfits: RefCell<Vec<Misfit>>,
}

impl Tally {
    /// For so many custom fields.
    pub(super) fn of(custom_fields: usize) -> Self {
        let sent = vec![Cell::new(0); custom_fields + OTHERS.len()];
        Self { sent, counts: RefCell::default(), misfits: RefCell::default() }
    }

    fn targets(&self) -> impl Iterator<Item = Target> + use<> {
        let custom_fields = (0..self.sent.len() - OTHERS.len()).map(Target::CustomField);
        custom_fields.chain(OTHERS)
    }

    fn index(&self, target: Target) -> usize {
        let others = self.sent.len() - OTHERS.len();
        match target {
            Target::CustomField(index) => index,
            Target::Email => others,
            Target::Name => others + 1,
            Target::MobileNumber => others + 2,
            Target::ConsentToTrack => others + 3,
            Target::ConsentToSendSms => others + 4,
        }
    }

    /// A value was sent as it is.
    pub(super) fn sent(&self, target: Target) {
        self.sent[self.index(target)].update(|sent| sent + 1);
    }

    /// A value was not sent as it is; `sent` went instead.
    pub(super) fn misfit(
        &self,
        row: usize,
        target: Target,
        code: ProblemCode,
        value: &str,
        sent: Option<&str>,
    ) {
        *self.counts.borrow_mut().entry((target, code)).or_default() += 1;
        if matches!(code, ProblemCode::Cut | ProblemCode::Repaired) {
            self.sent(target);
        }
        let mut misfits = self.misfits.borrow_mut();
        if misfits.len() < MISFITS_MAX {
            let value = all_shown(beginning(value)).into_owned();
            let sent = sent.map(|sent| all_shown(sent).into_owned());
            misfits.push(Misfit { row, target, code, value, sent });
        }
    }

    /// Which values did not fit, and the targets that had any value.
    pub(super) fn finish(self) -> (Vec<Misfit>, Vec<TargetTally>) {
        let counts = self.counts.borrow();
        let tally = |target| TargetTally {
            target,
            sent: self.sent[self.index(target)].get(),
            misfits: ProblemCode::ALL
                .into_iter()
                .filter_map(|code| Some((code, *counts.get(&(target, code))?)))
                .collect(),
        };
        let tallies = self.targets().map(tally);
        let tallies = tallies.filter(|tally| tally.sent > 0 || !tally.misfits.is_empty()).collect();
        drop(counts);
        (self.misfits.into_inner(), tallies)
    }
}

fn beginning(value: &str) -> &str {
    let end = value.char_indices().nth(VALUE_CHARS_SHOWN).map_or(value.len(), |(end, _)| end);
    &value[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_misfit_counts_and_the_first_ones_are_kept_with_their_first_characters() {
        let tally = Tally::of(1);
        let (target, code) = (Target::CustomField(0), ProblemCode::UnknownOption);
        let long = format!("a\u{200b}{}", "é".repeat(200));
        for row in 0..=MISFITS_MAX {
            tally.misfit(row, target, code, &long, None);
        }
        let (misfits, tallies) = tally.finish();
        assert_eq!(misfits.len(), MISFITS_MAX);
        assert_eq!(misfits[0].value, format!("a<U+200B>{}", "é".repeat(98)));
        let counted = [(code, 10_001)].into();
        assert_eq!(tallies, [TargetTally { target, sent: 0, misfits: counted }]);
    }

    #[test]
    fn a_value_of_which_the_beginning_was_sent_is_not_lost() {
        let tally = Tally::of(2);
        tally.misfit(3, Target::MobileNumber, ProblemCode::NotAPhoneNumber, "none", None);
        tally.misfit(4, Target::CustomField(1), ProblemCode::Cut, "Yesterday", Some("Yes"));
        tally.sent(Target::ConsentToSendSms);
        tally.sent(Target::ConsentToSendSms);
        let (misfits, tallies) = tally.finish();
        assert_eq!(misfits[1].sent.as_deref(), Some("Yes"));
        let sent: Vec<_> = tallies.iter().map(|tally| (tally.target, tally.sent)).collect();
        let expected =
            [(Target::CustomField(1), 1), (Target::MobileNumber, 0), (Target::ConsentToSendSms, 2)];
        assert_eq!(sent, expected);
    }
}
