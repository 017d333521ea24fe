//! The texts that an administrator agrees to when making a connection: every version that was ever served, in each
//! language that it had.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// The version that is served, the same in every language: it rises when the meaning changes. `docs/CONSENT.md` shows
/// it.
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
    De,
}

impl ConsentLang {
    pub const ALL: [Self; 3] = [Self::En, Self::Lv, Self::De];

    /// The language of a tag such as `lv-LV`; English where there is no text in that language.
    #[must_use]
    pub fn of_tag(tag: &str) -> Self {
        match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "lv" => Self::Lv,
            "de" => Self::De,
            _ => Self::En,
        }
    }

    /// As the database keeps it. A language that older versions of the service do not have is left out: they could not
    /// read the connection. The hash of the text tells it.
    #[must_use]
    pub(super) fn stored(self) -> Option<Self> {
        Some(self).filter(|lang| matches!(lang, Self::En | Self::Lv))
    }
}

/// A text that somebody may have agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentText {
    pub version: &'static str,
    pub lang: ConsentLang,
    /// Without a line break.
    pub text: &'static str,
}

/// Every text, of the oldest version first. None is ever removed or changed: connections name them by their hash.
const TEXTS: [(&str, ConsentLang, &str); 3] = [
    (CONSENT_VERSION, ConsentLang::En, include_str!("consent/2026-11/en.txt")),
    (CONSENT_VERSION, ConsentLang::Lv, include_str!("consent/2026-11/lv.txt")),
    (CONSENT_VERSION, ConsentLang::De, include_str!("consent/2026-11/de.txt")),
];

impl ConsentText {
    /// Every text that there ever was, of the oldest version first.
    pub fn all() -> impl Iterator<Item = Self> {
        TEXTS.into_iter().map(|(version, lang, text)| Self { version, lang, text: text.trim_end() })
    }

    /// A version in a language, or in English where it had none in that language. `None` of a version that there never
    /// was.
    #[must_use]
    pub fn find(version: &str, lang: ConsentLang) -> Option<Self> {
        let of = |lang| Self::all().find(|one| one.version == version && one.lang == lang);
        of(lang).or_else(|| of(ConsentLang::En))
    }

    /// The text with this hash.
    #[must_use]
    pub fn with_hash(hash: &str) -> Option<Self> {
        Self::all().find(|one| one.hash() == hash)
    }

    /// SHA-256 of the text in UTF-8, in hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.text))
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
            ("de-AT", ConsentLang::De),
            ("en-GB", ConsentLang::En),
            ("fr", ConsentLang::En),
            ("", ConsentLang::En),
        ] {
            assert_eq!(ConsentLang::of_tag(tag), lang, "{tag}");
        }
    }

    #[test]
    fn every_text_is_found_by_its_version_and_by_its_hash() {
        for text in ConsentText::all() {
            assert_eq!(ConsentText::find(text.version, text.lang), Some(text));
            assert_eq!(ConsentText::with_hash(&text.hash()), Some(text));
        }
        assert_eq!(ConsentText::find("2020-01", ConsentLang::En), None);
    }

    /// Who changes a text must give it a new version, and leave the old one.
    #[test]
    fn texts_stay_as_they_were_agreed_to() {
        let hashes: Vec<_> = ConsentText::all().map(|text| text.hash()).collect();
        let agreed = include_str!("consent/hashes.txt").lines().collect::<Vec<_>>();
        assert_eq!(hashes, agreed);
    }

    #[test]
    fn the_page_shows_the_texts_of_this_version() {
        let page = include_str!("../../docs/CONSENT.md");
        let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(&format!("Version {CONSENT_VERSION}.")));
        for lang in ConsentLang::ALL {
            let text = ConsentText::find(CONSENT_VERSION, lang).unwrap();
            assert!(words.contains(text.text), "{lang:?}");
        }
    }
}
