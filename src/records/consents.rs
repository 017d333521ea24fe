//! Profiles that share an address, and what they say together: a no of one is never overruled by a yes of another.
//!
//! Of several profiles with one address one is sent, the first. But where one of them says no, a profile that says no
//! is sent; and where a consent of one cannot be read, which may be a no, only a profile that says no anyway. To know
//! that before the first profile is sent, all of them are read once before: only the addresses and the consents, and
//! only where a consent comes from a field.

use crate::campaign_monitor::{Consent, ConsentReading};

/// What the profiles of one address say, and whether one of them is sent already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said(u8);

/// To which consents a profile says no: one bit for each kind.
type Noes = u8;
const KINDS: [Noes; 2] = [0b01, 0b10];
/// Bits 1 to 3: some profile says no to just these kinds.
const NOES: [Noes; 3] = [0b01, 0b10, 0b11];
/// From here on: a profile that is not sent says no to this kind, or may do so.
const UNSENT: u8 = 4;
const SENT: u8 = 1 << 6;

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
        let unreadable = kinds(consents, |reading| reading == ConsentReading::Unreadable);
        self.0 |= match unreadable {
            0 => (1 << noes(consents)) & !1,
            unreadable => (unreadable | noes(consents)) << UNSENT,
        };
    }

    /// Whether to send a profile that says this; all of its consents can be read.
    pub fn choose(&mut self, consents: Consents) -> Choice {
        let needed = self.needed();
        if self.0 & SENT != 0 {
            Choice::Duplicate
        } else if noes(consents) & needed == needed {
            self.0 |= SENT;
            Choice::Send
        } else if NOES.iter().any(|noes| self.has(*noes) && noes & needed == needed) {
            Choice::Duplicate
        } else {
            Choice::Conflict
        }
    }

    /// The same before any profile was sent.
    pub const fn unsent(self) -> Self {
        Self(self.0 & !SENT)
    }

    fn has(self, noes: Noes) -> bool {
        self.0 & (1 << noes) != 0
    }

    /// To which kinds the profile that is sent must say no.
    fn needed(self) -> Noes {
        let said = NOES.iter().filter(|noes| self.has(**noes));
        said.fold((self.0 >> UNSENT) & 0b11, |needed, noes| needed | noes)
    }
}

fn noes(consents: Consents) -> Noes {
    use ConsentReading::{Assumed, Clear};
    kinds(consents, |reading| matches!(reading, Clear(Consent::No) | Assumed(Consent::No)))
}

fn kinds(consents: Consents, is_so: impl Fn(ConsentReading) -> bool) -> Noes {
    let kinds = KINDS.into_iter().zip(consents);
    kinds.filter(|(_, reading)| is_so(*reading)).fold(0, |all, (kind, _)| all | kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const YES: ConsentReading = ConsentReading::Clear(Consent::Yes);
    const NO: ConsentReading = ConsentReading::Clear(Consent::No);
    const BLANK: ConsentReading = ConsentReading::Clear(Consent::Unchanged);
    const UNREADABLE: ConsentReading = ConsentReading::Unreadable;

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
    fn two_noes_of_different_kinds_in_two_profiles_are_a_conflict() {
        assert_eq!(choices(&[[NO, YES], [YES, NO]]), [Choice::Conflict, Choice::Conflict]);
    }
}
