//! The language of a problem: what the caller prefers of what there is.

use actix_web::HttpMessage;
use actix_web::http::header::{AcceptLanguage, Header};

/// A language that problems have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProblemLanguage {
    #[default]
    English,
    Latvian,
}

impl ProblemLanguage {
    /// The one that the caller prefers; English when it prefers none of them.
    pub fn of(request: &impl HttpMessage) -> Self {
        let preferences = AcceptLanguage::parse(request).map(|header| header.ranked());
        let mut preferences = preferences.unwrap_or_default().into_iter();
        let known =
            preferences.find_map(|preference| match preference.item()?.primary_language() {
                "lv" => Some(Self::Latvian),
                "en" => Some(Self::English),
                _ => None,
            });
        known.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_most_preferred_language_that_there_is_is_spoken() {
        for (header, language) in [
            ("lv", ProblemLanguage::Latvian),
            ("lv-LV,lv;q=0.9,en;q=0.8", ProblemLanguage::Latvian),
            ("de, lv;q=0.5", ProblemLanguage::Latvian),
            ("en-GB, lv;q=0.5", ProblemLanguage::English),
            ("lv;q=0.2, en;q=0.7", ProblemLanguage::English),
            ("de", ProblemLanguage::English),
            ("*", ProblemLanguage::English),
            (";;;", ProblemLanguage::English),
        ] {
            let request = TestRequest::default().insert_header(("Accept-Language", header));
            assert_eq!(ProblemLanguage::of(&request.to_request()), language, "{header}");
        }
        assert_eq!(
            ProblemLanguage::of(&TestRequest::default().to_request()),
            ProblemLanguage::English
        );
    }
}
