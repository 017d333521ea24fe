//! Which list an export fills, by the id that Campaign Monitor gave it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Id of a Campaign Monitor list: 32 hex digits, kept in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[serde(try_from = "String")]
#[schema(
    value_type = String,
    min_length = 32,
    max_length = 32,
    pattern = "^[0-9a-fA-F]{32}$",
    example = "a58ee1d3039b8bec838e6d1482a8a965",
)]
pub struct ListId(String);

impl TryFrom<String> for ListId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        Err(
            "a list id is 32 hex digits; Campaign Monitor shows it as API Subscriber List ID in the list's settings",
        )
    }
}

impl ListId {
    /// The 32 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
