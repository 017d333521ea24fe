//! Where a consent comes from: the same for everybody, or a field of the profile and what its words mean.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::field_name::FieldName;
use crate::campaign_monitor::{Consent, ConsentReading, ConsentWords};
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

impl ConsentField {
    /// How its values are read.
    #[must_use]
    pub fn meaning(&self) -> ConsentWords {
        let otherwise = match self.otherwise {
            OtherConsent::Reject => None,
            OtherConsent::No => Some(Consent::No),
            OtherConsent::Unchanged => Some(Consent::Unchanged),
        };
        let texts =
            |words: &[ConsentWord]| words.iter().map(|word| word.0.clone()).collect::<Vec<_>>();
        ConsentWords::new(texts(&self.yes), texts(&self.no), otherwise)
    }

    /// Words of `yes` that are a no: where they stand there, and why.
    #[must_use]
    pub fn contradictions(&self) -> Vec<(usize, String)> {
        let (own, usual) = (self.meaning(), ConsentWords::default());
        let contradiction = |(index, word): (usize, &ConsentWord)| {
            let is_no = |words: &ConsentWords| {
                words.read(Some(&word.0)) == ConsentReading::Clear(Consent::No)
            };
            let word = &word.0;
            let why = match (is_no(&own), is_no(&usual)) {
                (true, _) => format!("“{word}” also stands in `no`. Leave it in one of both."),
                (_, true) => format!("“{word}” always is a no. Remove it from `yes`."),
                _ => return None,
            };
            Some((index, why))
        };
        self.yes.iter().enumerate().filter_map(contradiction).collect()
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contradictions(yes: &[&str], no: &[&str]) -> Vec<(usize, String)> {
        let field = json!({"field": "Consent", "yes": yes, "no": no});
        serde_json::from_value::<ConsentField>(field).unwrap().contradictions()
    }

    #[test]
    fn a_word_that_is_a_no_too_contradicts_itself_in_any_case() {
        for (yes, no) in [(&["Jā"], &["JĀ"][..]), (&["1"], &["1"]), (&["ok"], &["Ok", "x"])] {
            let found = contradictions(yes, no);
            assert_eq!(found.len(), 1, "{yes:?} {no:?}");
            assert!(found[0].1.contains("also stands in `no`"), "{found:?}");
        }
        for yes in ["no", "N", "false", "0", "OFF"] {
            let found = contradictions(&["Jā", yes], &[]);
            assert_eq!(found[0].0, 1, "{yes}");
            assert!(found[0].1.contains("always is a no"), "{found:?}");
        }
    }

    #[test]
    fn words_that_mean_one_thing_do_not_and_a_usual_yes_may_be_a_no() {
        for (yes, no) in [(&["Jā", "ja"][..], &["Nē"][..]), (&["yes"], &["no"]), (&[], &["1", "x"])]
        {
            assert_eq!(contradictions(yes, no), [], "{yes:?} {no:?}");
        }
    }
}
