//! Profiles that share an address, and what they say together: a no of one is never overruled by a yes of another.
//!
//! Of several profiles with one address one is sent, the first. But where one of them says no, a profile that says no
//! is sent; and where a consent of one cannot be read, which may be a no, only a profile that says no anyway, or where
//! `otherwise` sends such a one as unchanged, that one. To know that before the first profile is sent, all of them are
//! read once before: only the addresses and the consents, and only where a consent comes from a field.

use crate::campaign_monitor::{Consent, ConsentReading};

/// What the profiles of one address say, and whether one of them is sent already: one bit for each pair of strengths
/// that a profile has, then those of profiles that are not sent, and of the one that is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said(u16);

/// How strongly a profile says no to tracking, and to text messages: not at all, perhaps, or clearly.
type Strengths = [u8; 2];
const NOT: u8 = 0;
/// Nobody can read it, and it is sent as unchanged.
const PERHAPS: u8 = 1;
const CLEARLY: u8 = 2;
const PAIRS: u16 = 9;
/// From here on: a profile that is not sent says no to this kind, or may do so.
const UNSENT: [u16; 2] = [1 << PAIRS, 1 << (PAIRS + 1)];
const SENT: u16 = 1 << (PAIRS + 2);

/// What to do with a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Send,
    /// Another profile with its address is sent.
    Duplicate,
    /// No profile with its address may be sent as it is.
    Conflict,
}

/// The consents of a profile: to tracking, and to text messages.
pub type Consents = [ConsentReading; 2];

impl Said {
    /// One more profile says this.
    pub fn hear(&mut self, consents: Consents) {
        if consents.contains(&ConsentReading::Unreadable) {
            self.hear_unsent(consents);
        } else {
            self.0 |= 1 << index(strengths(consents));
        }
    }

    /// One more profile says this, and is not sent.
    pub fn hear_unsent(&mut self, consents: Consents) {
        let said = UNSENT.into_iter().zip(consents);
        self.0 |=
            said.filter(|(_, reading)| may_be_no(*reading)).fold(0, |all, (bit, _)| all | bit);
    }

    /// Whether a profile says no to something, or may do so.
    pub fn may_refuse(consents: Consents) -> bool {
        consents.into_iter().any(may_be_no)
    }

    /// Whether to send a profile that says this; all of its consents can be read.
    pub fn choose(&mut self, consents: Consents) -> Choice {
        let needed = self.needed();
        let is_enough =
            |strengths: Strengths| strengths[0] >= needed[0] && strengths[1] >= needed[1];
        if self.0 & SENT != 0 {
            Choice::Duplicate
        } else if is_enough(strengths(consents)) {
            self.0 |= SENT;
            Choice::Send
        } else if self.heard().any(is_enough) {
            Choice::Duplicate
        } else {
            Choice::Conflict
        }
    }

    /// The same before any profile was sent.
    pub const fn unsent(self) -> Self {
        Self(self.0 & !SENT)
    }

    /// What the profiles say that may be sent.
    fn heard(self) -> impl Iterator<Item = Strengths> {
        let all = [NOT, PERHAPS, CLEARLY].into_iter();
        let pairs = all.flat_map(|one| [NOT, PERHAPS, CLEARLY].map(|other| [one, other]));
        pairs.filter(move |pair| self.0 & (1 << index(*pair)) != 0)
    }

    /// How strongly the profile that is sent must say no.
    fn needed(self) -> Strengths {
        let unsent = UNSENT.map(|bit| if self.0 & bit == 0 { NOT } else { CLEARLY });
        self.heard().fold(unsent, |most, said| [most[0].max(said[0]), most[1].max(said[1])])
    }
}

fn index(strengths: Strengths) -> u8 {
    3 * strengths[0] + strengths[1]
}

fn strengths(consents: Consents) -> Strengths {
    use ConsentReading::{Assumed, Clear};
    consents.map(|reading| match reading {
        Clear(Consent::No) | Assumed(Consent::No) => CLEARLY,
        Assumed(_) => PERHAPS,
        _ => NOT,
    })
}

fn may_be_no(reading: ConsentReading) -> bool {
    !matches!(reading, ConsentReading::Clear(Consent::Yes | Consent::Unchanged))
}

#[cfg(test)]
mod tests {
    use super::*;

    const YES: ConsentReading = ConsentReading::Clear(Consent::Yes);
    const NO: ConsentReading = ConsentReading::Clear(Consent::No);
    const BLANK: ConsentReading = ConsentReading::Clear(Consent::Unchanged);
    const UNREADABLE: ConsentReading = ConsentReading::Unreadable;
    /// Unreadable, and sent as unchanged.
    const PASSED: ConsentReading = ConsentReading::Assumed(Consent::Unchanged);

    /// What happens to the profiles of one address, in their order; those with unreadable consents are not asked.
    fn choices(profiles: &[Consents]) -> Vec<Choice> {
        let mut said = Said::default();
        for consents in profiles {
            said.hear(*consents);
        }
        let readable = profiles.iter().filter(|consents| !consents.contains(&UNREADABLE));
        readable.map(|consents| said.choose(*consents)).collect()
    }

    #[test]
    fn the_first_is_sent_when_nobody_says_no() {
        let expected = [Choice::Send, Choice::Duplicate, Choice::Duplicate];
        assert_eq!(choices(&[[YES, BLANK], [BLANK, YES], [YES, YES]]), expected);
    }

    #[test]
    fn a_no_goes_before_a_yes_and_before_an_empty_value_wherever_it_stands() {
        let (send, duplicate) = (Choice::Send, Choice::Duplicate);
        assert_eq!(choices(&[[YES, YES], [NO, YES]]), [duplicate, send]);
        assert_eq!(choices(&[[NO, YES], [YES, YES]]), [send, duplicate]);
        assert_eq!(choices(&[[BLANK, BLANK], [BLANK, NO], [NO, NO]]), [duplicate, duplicate, send]);
    }

    #[test]
    fn what_cannot_be_read_may_be_a_no() {
        assert_eq!(choices(&[[UNREADABLE, YES], [YES, YES]]), [Choice::Conflict]);
        assert_eq!(choices(&[[YES, YES], [YES, UNREADABLE]]), [Choice::Conflict]);
        assert_eq!(choices(&[[UNREADABLE, YES], [NO, YES]]), [Choice::Send]);
        assert_eq!(choices(&[[YES, UNREADABLE], [NO, YES]]), [Choice::Conflict]);
        assert_eq!(choices(&[[UNREADABLE, NO], [NO, YES]]), [Choice::Conflict]);
    }

    #[test]
    fn what_is_sent_as_unchanged_because_nobody_can_read_it_may_be_a_no_too() {
        let (send, duplicate) = (Choice::Send, Choice::Duplicate);
        assert_eq!(choices(&[[YES, YES], [PASSED, YES]]), [duplicate, send]);
        assert_eq!(choices(&[[PASSED, YES], [YES, YES]]), [send, duplicate]);
        assert_eq!(choices(&[[PASSED, YES], [NO, YES]]), [duplicate, send]);
        assert_eq!(choices(&[[PASSED, YES], [YES, NO]]), [Choice::Conflict, Choice::Conflict]);
        assert_eq!(choices(&[[PASSED, YES]]), [send]);
    }

    #[test]
    fn the_no_of_a_profile_that_is_not_sent_is_heard() {
        let mut said = Said::default();
        said.hear_unsent([NO, YES]);
        said.hear([YES, YES]);
        assert_eq!(said.choose([YES, YES]), Choice::Conflict);
        said.hear([NO, BLANK]);
        assert_eq!(said.choose([YES, YES]), Choice::Duplicate);
        assert_eq!(said.choose([NO, BLANK]), Choice::Send);
        assert!(Said::may_refuse([YES, UNREADABLE]) && !Said::may_refuse([YES, BLANK]));
    }

    #[test]
    fn two_noes_of_different_kinds_in_two_profiles_are_a_conflict() {
        assert_eq!(choices(&[[NO, YES], [YES, NO]]), [Choice::Conflict, Choice::Conflict]);
    }
}
