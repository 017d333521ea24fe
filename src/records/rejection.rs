//! Why a profile is not on the list: a stable code for each reason.

use std::borrow::Cow;

use super::columns::{CUSTOMER_ID_COLUMN, Columns, EMAIL_COLUMN};
use crate::baselines::MemberState;
use crate::campaign_monitor::address::Flaw;
use crate::campaign_monitor::{RefusalCode, all_shown};
use crate::runs::{Rejection, RejectionOutcome};

/// How much of an address is kept of a profile that is not sent, in characters: no address that is sent is longer.
const ADDRESS_CHARS_SHOWN: usize = 254;

/// Why a profile is not on the list; part of the contract by its `word`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectionCode {
    CustomerIdMissing,
    AddressMissing,
    AddressMalformed,
    AddressTooLong,
    AddressIsLink,
    AddressWithName,
    AddressTrailingCharacter,
    SeveralAddresses,
    /// Neither a yes nor a no.
    ConsentUnreadable,
    /// Profiles with one address contradict each other in their consents.
    ConsentConflict,
    DuplicateAddress,
    /// The person said no under another address, or before the list was emptied, so it was not sent.
    RefusedBefore,
    /// It was sent, and no answer says whether it is on the list.
    NoAnswer,
    /// It was sent, and Campaign Monitor rejected it.
    Refused(RefusalCode),
}

impl RejectionCode {
    /// The code of what is wrong with an address.
    pub const fn of(flaw: &Flaw) -> Self {
        match flaw {
            Flaw::Missing => Self::AddressMissing,
            Flaw::TooLong => Self::AddressTooLong,
            Flaw::Link => Self::AddressIsLink,
            Flaw::WithName => Self::AddressWithName,
            Flaw::TrailingCharacter(_) => Self::AddressTrailingCharacter,
            Flaw::Several => Self::SeveralAddresses,
            Flaw::Malformed(_) => Self::AddressMalformed,
        }
    }

    /// As the API and the CSV of rejections write it; stable.
    pub fn word(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::CustomerIdMissing => "customerIdMissing",
            Self::AddressMissing => "addressMissing",
            Self::AddressMalformed => "addressMalformed",
            Self::AddressTooLong => "addressTooLong",
            Self::AddressIsLink => "addressIsLink",
            Self::AddressWithName => "addressWithName",
            Self::AddressTrailingCharacter => "addressTrailingCharacter",
            Self::SeveralAddresses => "severalAddresses",
            Self::ConsentUnreadable => "consentUnreadable",
            Self::ConsentConflict => "consentConflict",
            Self::DuplicateAddress => "duplicateAddress",
            Self::RefusedBefore => "refusedBefore",
            Self::NoAnswer => "noAnswer",
            Self::Refused(code) => return code.word(),
        })
    }
}

/// What a person is to the list whom it refused with this code; `None` for what is wrong with the record.
pub fn refused_state(word: &str) -> Option<MemberState> {
    if *word == *RejectionCode::RefusedBefore.word() {
        return Some(MemberState::HeldBack);
    }
    let states = [
        (RefusalCode::Suppressed, MemberState::Suppressed),
        (RefusalCode::Deleted, MemberState::Deleted),
        (RefusalCode::Unsubscribed, MemberState::Unsubscribed),
        (RefusalCode::Bounced, MemberState::Bounced),
        (RefusalCode::Unconfirmed, MemberState::Unconfirmed),
    ];
    states.into_iter().find(|(code, _)| code.word() == word).map(|(_, state)| state)
}

/// Which profile of a run it is: a row of a page, and its row in the run.
#[derive(Clone, Copy)]
pub struct Profile<'a> {
    pub columns: &'a Columns<'a>,
    pub batch: i64,
    pub position: i64,
    pub row: usize,
}

impl Profile<'_> {
    /// The rejection of this profile.
    pub fn reject(
        &self,
        outcome: RejectionOutcome,
        code: RejectionCode,
        message: String,
    ) -> Rejection {
        let text = |column| self.columns.written(column, self.row).unwrap_or_default().to_owned();
        Rejection {
            position: self.position,
            batch: self.batch,
            customer_id: text(CUSTOMER_ID_COLUMN),
            email: shown(self.columns.get(EMAIL_COLUMN, self.row).unwrap_or_default()),
            outcome,
            code: code.word().into_owned(),
            message,
            winner: None,
        }
    }
}

/// As much of an address as the longest one has, and what cannot be seen in it by its number.
fn shown(address: &str) -> String {
    let end = address.char_indices().nth(ADDRESS_CHARS_SHOWN).map(|(end, _)| end);
    let beginning = all_shown(&address[..end.unwrap_or(address.len())]).into_owned();
    if end.is_some() { beginning + "…" } else { beginning }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign_monitor::ProblemCode;
    use crate::runs::ReasonCode;

    #[test]
    fn of_an_address_as_much_is_kept_as_the_longest_one_has() {
        let longest = "a".repeat(254);
        assert_eq!(shown(&longest), longest);
        assert_eq!(shown(&"a".repeat(1_000_000)), longest + "…");
    }

    #[test]
    fn marketers_find_every_code_of_a_run_and_of_a_profile() {
        let page = include_str!("../../docs/MARKETERS.md");
        let not_sent = [
            RejectionCode::CustomerIdMissing,
            RejectionCode::AddressMissing,
            RejectionCode::AddressMalformed,
            RejectionCode::AddressTooLong,
            RejectionCode::AddressIsLink,
            RejectionCode::AddressWithName,
            RejectionCode::AddressTrailingCharacter,
            RejectionCode::SeveralAddresses,
            RejectionCode::ConsentUnreadable,
            RejectionCode::ConsentConflict,
            RejectionCode::DuplicateAddress,
            RejectionCode::NoAnswer,
        ];
        let refused = RefusalCode::KNOWN.map(RejectionCode::Refused);
        let words = not_sent.iter().chain(&refused).map(|code| code.word().into_owned());
        let words = words.chain(ProblemCode::ALL.map(|code| code.word().to_owned()));
        let reasons = ReasonCode::ALL.iter().map(|code| serde_json::to_value(code).unwrap());
        let reasons = reasons.map(|code| code.as_str().unwrap().to_owned());
        for word in words.chain(reasons) {
            assert!(page.contains(&format!("`{word}`")), "docs/MARKETERS.md lacks `{word}`");
        }
    }
}
