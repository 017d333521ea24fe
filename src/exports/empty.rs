//! Which values are empty, and what an empty one does.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::wire::list;

const WORDS_MAX: usize = 20;
const WORD_CHARS_MAX: usize = 100;

/// What an empty value does to the one that the list has. A value that cannot be sent is not empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum EmptyValue {
    /// The value of the list stays.
    #[default]
    Keep,
    /// The value of the list is removed.
    Clear,
}

impl EmptyValue {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A word that stands for nothing in the data, such as `NULL`, in its own case and without blanks around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, min_length = 1, max_length = 100, pattern = r"^[^\x00]+$", example = "NULL")]
pub struct NullWord(String);

impl TryFrom<String> for NullWord {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let word = text.trim();
        let fits = (1..=WORD_CHARS_MAX).contains(&word.chars().count()) && !word.contains('\0');
        fits.then(|| Self(word.to_owned())).ok_or("a word for nothing has 1 to 100 characters")
    }
}

impl NullWord {
    /// The word in its own case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A list of words, of bounded length.
pub(crate) fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<NullWord>, D::Error> {
    let words = list::<WORDS_MAX, NullWord, D>(deserializer)?;
    if words.len() <= WORDS_MAX {
        return Ok(words);
    }
    Err(serde::de::Error::custom("a mapping has at most 20 words for nothing"))
}
