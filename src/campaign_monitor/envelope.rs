//! The body of an error answer.

use serde::{Deserialize, Deserializer};

/// `{"Code": 210, "Message": "…", "ResultData": …}`; the order of the members varies.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Envelope {
    #[serde(deserialize_with = "lenient_code")]
    pub code: i64,
    pub message: String,
}

/// The vendor's clients disagree on whether a code is a number or a numeric string.
pub(super) fn lenient_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Code {
        Number(i64),
        Text(String),
    }
    match Code::deserialize(deserializer)? {
        Code::Number(code) => Ok(code),
        Code::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}
