//! The text that an administrator agrees to when making a connection, in the languages that the service has.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Version of the text, in every language: it rises when the meaning changes. `docs/CONSENT.md` shows it.
pub const CONSENT_VERSION: &str = "2026-11";

/// A language of the text.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema,
)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum ConsentLang {
    #[default]
    En,
    Lv,
}

impl ConsentLang {
    /// The language of a tag such as `lv-LV`; English where there is no text in that language.
    #[must_use]
    pub fn of_tag(tag: &str) -> Self {
        let language = tag.split('-').next().unwrap_or_default();
        if language.eq_ignore_ascii_case("lv") { Self::Lv } else { Self::En }
    }

    /// The text, without a line break.
    #[must_use]
    pub fn text(self) -> &'static str {
        let text = match self {
            Self::En => include_str!("consent/en.txt"),
            Self::Lv => include_str!("consent/lv.txt"),
        };
        text.trim_end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_without_a_text_gets_the_english_one() {
        for (tag, lang) in [
            ("lv", ConsentLang::Lv),
            ("LV-lv", ConsentLang::Lv),
            ("en-GB", ConsentLang::En),
            ("de", ConsentLang::En),
            ("", ConsentLang::En),
        ] {
            assert_eq!(ConsentLang::of_tag(tag), lang, "{tag}");
        }
    }

    #[test]
    fn the_page_shows_the_texts_of_this_version() {
        let page = include_str!("../../docs/CONSENT.md");
        let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(&format!("Version {CONSENT_VERSION}.")));
        for lang in [ConsentLang::En, ConsentLang::Lv] {
            assert!(words.contains(lang.text()), "{lang:?}");
        }
    }

    #[test]
    fn the_console_shows_the_same_texts() {
        let words = [
            (ConsentLang::En, include_str!("../../console/src/words/en.ts")),
            (ConsentLang::Lv, include_str!("../../console/src/words/lv.ts")),
        ];
        for (lang, words) in words {
            assert!(words.contains(lang.text()), "{lang:?}");
        }
    }
}
