//! What a caller says of a request or of a decision about a person: a legal basis, a number in the caller's books, a
//! reason.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::names::line_of_nobody;

/// 1 to 200 characters, not only blanks, without control characters and without `@`, in any of its forms: it stays in
/// the proof and in the audit, so it must name nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[serde(try_from = "String")]
#[schema(
    value_type = String,
    min_length = 1,
    max_length = 200,
    pattern = r"^[^@﹫＠\x00-\x1f\x7f-\x9f]*[^\s@﹫＠\x00-\x1f\x7f-\x9f][^@﹫＠\x00-\x1f\x7f-\x9f]*$",
    example = "DSR-2026-0117",
)]
pub struct CaseText(String);

impl TryFrom<String> for CaseText {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let line = line_of_nobody(&text, 200).map(Self);
        line.ok_or(
            "it is 1 to 200 characters, without control characters and without `@`, because it must name nobody",
        )
    }
}

impl CaseText {
    /// Without blanks around it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_an_address_is_refused_in_whichever_form_its_at_is_written() {
        for at in ["@", "\u{ff20}", "\u{fe6b}"] {
            assert!(CaseText::try_from(format!("asked by ann{at}example.com")).is_err(), "{at}");
            assert!(CaseText::try_from(at.to_owned()).is_err(), "{at}");
        }
        for text in ["DSR-2026-0117", "ａｓｋｅｄ by telephone", "½ a year", "lūgums Nr. 5"]
        {
            assert_eq!(CaseText::try_from(format!(" {text} ")).unwrap().as_str(), text);
        }
    }
}
