//! Where a consent comes from: the same for everybody, or a field of the profile and what its words mean.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::field_name::FieldName;
use crate::wire::{list, text_or_object};

/// Where a consent comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ConsentMapping {
    /// The same for every profile.
    Same(ConsentChoice),
    /// A field of the profile. Empty: what the list has stays.
    Field(ConsentField),
}

impl Default for ConsentMapping {
    fn default() -> Self {
        Self::Same(ConsentChoice::Unchanged)
    }
}

impl ConsentMapping {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl<'de> Deserialize<'de> for ConsentMapping {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "yes, no, unchanged, or {\"field\": …}";
        text_or_object(deserializer, expected, Self::Same, Self::Field)
    }
}

/// Consent, in Campaign Monitor's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ConsentChoice {
    /// They have agreed to it.
    Yes,
    /// They have not agreed to it.
    No,
    /// The consent stays as the list has it. Campaign Monitor takes it for a yes where somebody is new.
    Unchanged,
}

/// The field that holds the consent, and its words beside `yes`, `y`, `true`, `t`, `1`, `on`, `x` and `no`, `n`,
/// `false`, `f`, `0`, `off`, all in any case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentField {
    /// Empty for unchanged.
    pub field: FieldName,
    /// More words of a yes.
    #[serde(default, deserialize_with = "words", skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub yes: Vec<ConsentWord>,
    /// More words of a no. They come first.
    #[serde(default, deserialize_with = "words", skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub no: Vec<ConsentWord>,
    /// What any other word means.
    #[serde(default)]
    pub otherwise: OtherConsent,
}

/// What a word means that is neither a yes nor a no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum OtherConsent {
    /// The profile is not sent: it is `invalid`, with the code `consentUnreadable`.
    #[default]
    Reject,
    /// A no, which is counted in `fieldWarnings`.
    No,
    /// The consent stays as the list has it, which is counted. Campaign Monitor takes it for a yes where somebody is
    /// new.
    Unchanged,
}

const WORDS_MAX: usize = 100;
const WORD_CHARS_MAX: usize = 100;

/// A word of the customer's data, without the blanks around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, min_length = 1, max_length = 100, pattern = r"^[^\x00]+$", example = "opted in")]
pub struct ConsentWord(String);

impl TryFrom<String> for ConsentWord {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let word = text.trim();
        let fits = (1..=WORD_CHARS_MAX).contains(&word.chars().count()) && !word.contains('\0');
        fits.then(|| Self(word.to_owned())).ok_or("a word of a consent has 1 to 100 characters")
    }
}

impl ConsentWord {
    /// The word as it was given, in its own case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ConsentWord>, D::Error> {
    let words = list::<WORDS_MAX, ConsentWord, D>(deserializer)?;
    if words.len() <= WORDS_MAX {
        return Ok(words);
    }
    Err(serde::de::Error::custom("a consent has at most 100 words of a yes, and of a no"))
}
