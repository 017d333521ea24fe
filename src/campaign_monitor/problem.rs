//! A value that cannot be sent as it is: which one, why, and what goes instead.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is wrong with one value of one profile, for the field of the list that it goes into.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum ProblemCode {
    /// No day, or not written as the mapping says.
    NotADate,
    /// A day or a number that Campaign Monitor does not take.
    OutOfRange,
    /// No number, or not written as the mapping says.
    NotANumber,
    /// None of the options of the field.
    UnknownOption,
    /// No country, or no state, that the field has.
    UnknownCountry,
    /// No number, or none of its country.
    NotAPhoneNumber,
    /// Longer than the field: its beginning was sent.
    Cut,
    /// A consent that is neither a yes nor a no: what `otherwise` says was sent.
    ConsentUnreadable,
    /// An e-mail address with a usual mistake, which was sent without it.
    Repaired,
}

impl ProblemCode {
    /// Every code.
    pub const ALL: [Self; 9] = [
        Self::NotADate,
        Self::OutOfRange,
        Self::NotANumber,
        Self::UnknownOption,
        Self::UnknownCountry,
        Self::NotAPhoneNumber,
        Self::Cut,
        Self::ConsentUnreadable,
        Self::Repaired,
    ];

    /// The same word as in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotADate => "notADate",
            Self::OutOfRange => "outOfRange",
            Self::NotANumber => "notANumber",
            Self::UnknownOption => "unknownOption",
            Self::UnknownCountry => "unknownCountry",
            Self::NotAPhoneNumber => "notAPhoneNumber",
            Self::Cut => "cut",
            Self::ConsentUnreadable => "consentUnreadable",
            Self::Repaired => "repaired",
        }
    }

    /// What is wrong with the values of a field, after a colon.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::NotADate => {
                "they are not dates as the `format` of the field says (without one: yyyy-MM-dd)"
            }
            Self::OutOfRange => "Campaign Monitor does not accept numbers or days of this size",
            Self::NotANumber => {
                "they are not numbers as the `format` of the field says (without one: 1234.56, or as a `model.json` \
                 writes them)"
            }
            Self::UnknownOption => "the field on the list has no such option",
            Self::UnknownCountry => "the field on the list has no such country or state",
            Self::NotAPhoneNumber => {
                "they are not valid mobile numbers, or name no country: set `defaultCountry` of the mapping"
            }
            Self::Cut => "they are longer than the field on the list",
            Self::ConsentUnreadable => "they are neither a yes nor a no",
            Self::Repaired => "they were e-mail addresses with a mistake, and were sent without it",
        }
    }
}

impl TryFrom<String> for ProblemCode {
    type Error = String;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        let known = Self::ALL.into_iter().find(|code| code.word() == word);
        known.ok_or_else(|| format!("“{word}” is not the code of a value problem"))
    }
}

/// The part of a subscriber that a value goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The custom field in this place of the layout.
    CustomField(usize),
    Email,
    Name,
    MobileNumber,
    ConsentToTrack,
    ConsentToSendSms,
}

/// A value that could not be sent as it is. Its texts show what nobody sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The row in the page.
    pub row: usize,
    pub target: Target,
    pub code: ProblemCode,
    /// Its first characters.
    pub value: String,
    /// What went instead; `None` when nothing did.
    pub sent: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_one_word() {
        for code in ProblemCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.word());
            assert_eq!(ProblemCode::try_from(code.word().to_owned()), Ok(code));
        }
        assert!(ProblemCode::try_from("other".to_owned()).is_err());
    }
}
