//! What was done to a person who left the segments.

use super::run_plan::LeaverCounts;
use crate::baselines::MemberState;

/// The outcome for a leaver. The letters are stored: they stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaverOutcome {
    /// The flag says that the person left.
    Flagged,
    /// The subscriber is deleted from the list.
    Deleted,
    /// The person is unsubscribed, as if they had wished it.
    Unsubscribed,
    /// Off the list before the run came to the person: somebody had deleted them.
    Gone,
    /// The same: the list has nobody with the address. This is no wish of the person.
    GoneUnknown,
    /// The same; the call that set the flag put the person on the list, and the run deleted them again.
    GoneAndDeleted,
    /// The same: unsubscribed, perhaps by their own wish.
    GoneUnsubscribed,
    /// The same: mail to the address could not be delivered.
    GoneBounced,
    /// The same: on the suppression list of the client.
    GoneSuppressed,
    /// Campaign Monitor rejected the call.
    Failed,
    /// The call has no answer: it may have landed. Remains to be done.
    InDoubt,
    /// Another export holds the person. Counted as kept from the start.
    LetGo,
}

impl LeaverOutcome {
    /// Each, in no order that matters.
    pub const ALL: [Self; 12] = [
        Self::Flagged,
        Self::Deleted,
        Self::Unsubscribed,
        Self::Gone,
        Self::GoneUnknown,
        Self::GoneAndDeleted,
        Self::GoneUnsubscribed,
        Self::GoneBounced,
        Self::GoneSuppressed,
        Self::Failed,
        Self::InDoubt,
        Self::LetGo,
    ];

    /// As it is stored.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Flagged => 'f',
            Self::Deleted => 'd',
            Self::Unsubscribed => 'u',
            Self::Gone => 'g',
            Self::GoneUnknown => 'n',
            Self::GoneAndDeleted => 'a',
            Self::GoneUnsubscribed => 'w',
            Self::GoneBounced => 'b',
            Self::GoneSuppressed => 's',
            Self::Failed => 'x',
            Self::InDoubt => 'i',
            Self::LetGo => 'l',
        }
    }

    /// `None` for a letter that is not stored.
    #[must_use]
    pub fn of(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.letter() == letter)
    }

    /// What the member is to the list from then on; `None` when it stays as it is.
    #[must_use]
    pub const fn state(self) -> Option<MemberState> {
        match self {
            Self::Flagged => Some(MemberState::FlaggedByUs),
            Self::Deleted | Self::GoneAndDeleted => Some(MemberState::DeletedByUs),
            Self::Unsubscribed => Some(MemberState::UnsubscribedByUs),
            Self::Gone => Some(MemberState::Deleted),
            Self::GoneUnknown => Some(MemberState::Moved),
            Self::GoneUnsubscribed => Some(MemberState::Unsubscribed),
            Self::GoneBounced => Some(MemberState::Bounced),
            Self::GoneSuppressed => Some(MemberState::Suppressed),
            Self::InDoubt => Some(MemberState::InDoubt),
            Self::LetGo => Some(MemberState::LetGo),
            Self::Failed => None,
        }
    }
}

impl LeaverCounts {
    /// Counts the outcome of one more person.
    pub const fn count(&mut self, outcome: LeaverOutcome) {
        match outcome {
            LeaverOutcome::Flagged => self.flagged += 1,
            LeaverOutcome::Deleted => self.deleted += 1,
            LeaverOutcome::Unsubscribed => self.unsubscribed += 1,
            LeaverOutcome::Gone
            | LeaverOutcome::GoneUnknown
            | LeaverOutcome::GoneAndDeleted
            | LeaverOutcome::GoneUnsubscribed
            | LeaverOutcome::GoneBounced
            | LeaverOutcome::GoneSuppressed => self.gone += 1,
            LeaverOutcome::Failed => self.failed += 1,
            LeaverOutcome::InDoubt | LeaverOutcome::LetGo => {}
        }
    }

    /// Adds the outcomes of more people; `found` and `kept` stay.
    pub const fn add(&mut self, more: &Self) {
        self.flagged += more.flagged;
        self.deleted += more.deleted;
        self.unsubscribed += more.unsubscribed;
        self.gone += more.gone;
        self.failed += more.failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_comes_back_by_its_letter_and_counts_once_at_most() {
        for outcome in LeaverOutcome::ALL {
            assert_eq!(LeaverOutcome::of(outcome.letter()), Some(outcome));
            let mut counts = LeaverCounts { found: 1, ..LeaverCounts::default() };
            counts.count(outcome);
            let is_counted = !matches!(outcome, LeaverOutcome::InDoubt | LeaverOutcome::LetGo);
            assert_eq!(counts.accounted(), i64::from(is_counted), "{outcome:?}");
        }
        assert_eq!(LeaverOutcome::of('?'), None);
    }
}
