//! How a mapping names a field of a segment.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Name of a field of a segment, as the data has it: 1 to 200 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, min_length = 1, max_length = 200, pattern = r"^[^\x00]+$", example = "Email")]
pub struct FieldName(String);

impl TryFrom<String> for FieldName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if (1..=200).contains(&text.chars().count()) && !text.contains('\0') {
            return Ok(Self(text));
        }
        Err("the name of a field is 1 to 200 characters")
    }
}

impl FieldName {
    /// The name as the data has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
