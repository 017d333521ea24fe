//! The country of telephone numbers that do not name theirs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::campaign_monitor::PhoneCountry;

/// A country, by its two letters of ISO 3166-1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, min_length = 2, max_length = 2, pattern = "^[A-Z]{2}$", example = "LV")]
pub struct CountryCode(String);

impl TryFrom<String> for CountryCode {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        PhoneCountry::of(&text)
            .map(|_| Self(text))
            .ok_or("a country is named by its two capital letters of ISO 3166-1, such as LV")
    }
}

impl CountryCode {
    /// The country, for reading telephone numbers; `None` when the program knows none of it any more.
    #[must_use]
    pub fn phones(&self) -> Option<PhoneCountry> {
        PhoneCountry::of(&self.0)
    }
}
