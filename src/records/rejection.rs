//! Why a profile is not on the list: a stable code for each reason.

use std::borrow::Cow;

use serde_json::json;
use sqlx::types::Json;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::columns::{CUSTOMER_ID_COLUMN, Columns, EMAIL_COLUMN};
use crate::baselines::MemberState;
use crate::campaign_monitor::address::Flaw;
use crate::campaign_monitor::{RefusalCode, all_shown};
use crate::names::Culprit;
use crate::params::Params;
use crate::runs::{Rejection, RejectionOutcome};

/// How much of an address is kept of a profile that is not sent, in characters: no address that is sent is longer.
const ADDRESS_CHARS_SHOWN: usize = 254;
/// The code of what Campaign Monitor rejects with a number that we have no name for.
const UNNAMED_REFUSAL: &str = "campaignMonitor";

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
    /// The person was erased, and is kept from being sent.
    Erased,
    /// The person said no under another address, or before the list was emptied, so it was not sent.
    RefusedBefore,
    /// It was sent, and no answer says whether it is on the list.
    NoAnswer,
    /// It was sent, and Campaign Monitor rejected it.
    Refused(RefusalCode),
}

impl RejectionCode {
    /// Those that this service finds itself.
    const OWN: [Self; 14] = [
        Self::CustomerIdMissing,
        Self::AddressMissing,
        Self::AddressMalformed,
        Self::AddressTooLong,
        Self::AddressIsLink,
        Self::AddressWithName,
        Self::AddressTrailingCharacter,
        Self::SeveralAddresses,
        Self::ConsentUnreadable,
        Self::ConsentConflict,
        Self::DuplicateAddress,
        Self::Erased,
        Self::RefusedBefore,
        Self::NoAnswer,
    ];

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

    /// What the message about an address names, beside parts of it.
    pub fn params(flaw: &Flaw) -> Params {
        match flaw {
            Flaw::TooLong => Params::default().with("max", ADDRESS_CHARS_SHOWN),
            Flaw::TrailingCharacter(last) => Params::default().with("character", last.to_string()),
            _ => Params::default(),
        }
    }

    /// As it is stored, and as the API and the CSV of rejections write it, but for numbers of the vendor; stable.
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
            Self::Erased => "erased",
            Self::RefusedBefore => "refusedBefore",
            Self::NoAnswer => "noAnswer",
            Self::Refused(code) => return code.word(),
        })
    }
}

/// Every code by its word: a closed set, so that a front end can say each in its own language.
impl PartialSchema for RejectionCode {
    fn schema() -> RefOr<Schema> {
        let words = Self::OWN.into_iter().chain(RefusalCode::KNOWN.map(Self::Refused));
        let words = words.map(|code| code.word().into_owned()).chain([UNNAMED_REFUSAL.to_owned()]);
        let object = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
        let text = "Why a profile is not on the list. `campaignMonitor`: for a reason that only Campaign Monitor has a \
                    number for; `vendorCode` of `params` is that.";
        object.description(Some(text)).examples([json!("addressMalformed")]).into()
    }
}

impl ToSchema for RejectionCode {}

/// A stored code as callers read it, with the values of its message: a number of Campaign Monitor that we have no name
/// for is one of them.
pub fn listed(stored: String, params: Option<Json<Params>>) -> (String, Params) {
    let params = params.map(|params| params.0).unwrap_or_default();
    let number = stored.strip_prefix(UNNAMED_REFUSAL).and_then(|number| number.parse::<i64>().ok());
    match number {
        Some(number) => (UNNAMED_REFUSAL.to_owned(), params.with("vendorCode", number)),
        None => (stored, params),
    }
}

/// Who can do something about a profile that Campaign Monitor rejected: the people of the instance, by the mapping or
/// the data, unless it is for a reason that only Campaign Monitor has a number for. `None` when it was not rejected.
pub fn culprit(rejection: &Rejection) -> Option<Culprit> {
    let is_unnamed = rejection.code.starts_with(UNNAMED_REFUSAL);
    let culprit = if is_unnamed { Culprit::External } else { Culprit::User };
    (rejection.outcome == RejectionOutcome::Rejected).then_some(culprit)
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
            params: None,
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
    fn a_number_that_only_campaign_monitor_knows_is_a_value_and_not_a_code_of_its_own() {
        let stored = |code| RejectionCode::Refused(RefusalCode::of(code)).word().into_owned();
        for number in [999, -1] {
            let params = Params::default().with("vendorCode", number);
            assert_eq!(listed(stored(number), None), ("campaignMonitor".to_owned(), params));
        }
        assert_eq!(listed(stored(206), None), ("unsubscribed".to_owned(), Params::default()));
    }

    #[test]
    fn what_only_campaign_monitor_has_a_number_for_is_nothing_that_a_marketer_repairs() {
        let of = |code: &str, outcome| {
            let (position, batch) = (0, 1);
            let [customer_id, email, message] = [(); 3].map(|()| String::new());
            let (code, winner, params) = (code.to_owned(), None, None);
            culprit(&Rejection {
                position,
                batch,
                customer_id,
                email,
                outcome,
                code,
                message,
                winner,
                params,
            })
        };
        let rejected = RejectionOutcome::Rejected;
        for code in ["invalidMobileNumber", "unsubscribed", "refusedBefore"] {
            assert_eq!(of(code, rejected), Some(Culprit::User), "{code}");
        }
        assert_eq!(of("campaignMonitor999", rejected), Some(Culprit::External));
        assert_eq!(of("noAnswer", RejectionOutcome::InDoubt), None);
    }

    #[test]
    fn marketers_find_every_code_of_a_run_and_of_a_profile() {
        let page = include_str!("../../docs/MARKETERS.md");
        let refused = RefusalCode::KNOWN.map(RejectionCode::Refused);
        let words = RejectionCode::OWN.iter().chain(&refused).map(|code| code.word().into_owned());
        let words = words.chain(ProblemCode::ALL.map(|code| code.word().to_owned()));
        let reasons = ReasonCode::ALL.iter().map(|code| serde_json::to_value(code).unwrap());
        let reasons = reasons.map(|code| code.as_str().unwrap().to_owned());
        for word in words.chain(reasons) {
            assert!(page.contains(&format!("`{word}`")), "docs/MARKETERS.md lacks `{word}`");
        }
    }
}
