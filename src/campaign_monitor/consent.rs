//! What `ConsentToTrack` and `ConsentToSendSms` may say, and how a value of a profile says it.
//!
//! Campaign Monitor reads `Unchanged` as a yes to tracking for somebody who is new on the list. So a value that nobody
//! can read never becomes `Unchanged` by itself.

/// What a consent may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    Yes,
    No,
    /// What the list has stays.
    Unchanged,
}

/// Words of a yes and of a no, in any case.
const YES: [&str; 7] = ["yes", "y", "true", "t", "1", "on", "x"];
const NO: [&str; 6] = ["no", "n", "false", "f", "0", "off"];

/// The words that the customer's data has beside the usual ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsentWords {
    pub yes: Vec<String>,
    pub no: Vec<String>,
    /// What any other word says; `None` where the profile is not sent.
    pub otherwise: Option<Consent>,
}

/// What becomes of a value of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentReading {
    Clear(Consent),
    /// Nobody can read it, and this is said instead.
    Assumed(Consent),
    Unreadable,
}

impl Consent {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yes => "Yes",
            Self::No => "No",
            Self::Unchanged => "Unchanged",
        }
    }
}

impl ConsentWords {
    /// An empty value changes nothing. A word of the customer's comes before the usual ones.
    pub fn read(&self, text: Option<&str>) -> ConsentReading {
        let Some(text) = text else { return ConsentReading::Clear(Consent::Unchanged) };
        let own = |words: &[String]| words.iter().any(|word| is_same(word, text));
        let usual = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
        if own(&self.no) {
            ConsentReading::Clear(Consent::No)
        } else if own(&self.yes) {
            ConsentReading::Clear(Consent::Yes)
        } else if usual(&NO) {
            ConsentReading::Clear(Consent::No)
        } else if usual(&YES) {
            ConsentReading::Clear(Consent::Yes)
        } else {
            self.otherwise.map_or(ConsentReading::Unreadable, ConsentReading::Assumed)
        }
    }
}

fn is_same(word: &str, text: &str) -> bool {
    word == text || word.to_lowercase() == text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &ConsentWords, text: &str) -> ConsentReading {
        words.read(Some(text).filter(|text| !text.is_empty()))
    }

    #[test]
    fn the_usual_words_say_yes_or_no_in_any_case() {
        let words = ConsentWords::default();
        for yes in ["Y", "t", "1", "On", "TRUE", "yes", "X"] {
            assert_eq!(read(&words, yes), ConsentReading::Clear(Consent::Yes), "{yes}");
        }
        for no in ["N", "f", "0", "off", "False", "NO"] {
            assert_eq!(read(&words, no), ConsentReading::Clear(Consent::No), "{no}");
        }
        assert_eq!(read(&words, ""), ConsentReading::Clear(Consent::Unchanged));
    }

    #[test]
    fn what_nobody_can_read_is_never_a_yes() {
        let words = ConsentWords::default();
        for text in ["maybe", "2", "opted in", "nein", "ja", "-1", "yes!", "n/a"] {
            assert_eq!(read(&words, text), ConsentReading::Unreadable, "{text}");
        }
        let words = ConsentWords { otherwise: Some(Consent::No), ..ConsentWords::default() };
        assert_eq!(read(&words, "maybe"), ConsentReading::Assumed(Consent::No));
    }

    #[test]
    fn the_words_of_the_customer_come_first() {
        let words = ConsentWords {
            yes: vec!["Opted in".into(), "Jā".into()],
            no: vec!["1".into()],
            otherwise: None,
        };
        assert_eq!(read(&words, "opted IN"), ConsentReading::Clear(Consent::Yes));
        assert_eq!(read(&words, "JĀ"), ConsentReading::Clear(Consent::Yes));
        assert_eq!(read(&words, "1"), ConsentReading::Clear(Consent::No));
        assert_eq!(read(&words, "y"), ConsentReading::Clear(Consent::Yes));
    }
}
