//! What `ConsentToTrack` and `ConsentToSendSms` may say, and how a value of a profile says it.
//!
//! Campaign Monitor reads `Unchanged` as a yes to tracking for somebody who is new on the list. So a value that nobody
//! can read never becomes `Unchanged` by itself.

use super::values::key as choice_key;

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
    yes: Vec<String>,
    no: Vec<String>,
    /// What any other word says; `None` where the profile is not sent.
    otherwise: Option<Consent>,
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
    /// Words of the customer's, in any case and any Unicode form.
    pub fn new(
        yes: impl IntoIterator<Item = impl AsRef<str>>,
        no: impl IntoIterator<Item = impl AsRef<str>>,
        otherwise: Option<Consent>,
    ) -> Self {
        let yes = yes.into_iter().map(|word| consent_key(word.as_ref())).collect();
        let no = no.into_iter().map(|word| consent_key(word.as_ref())).collect();
        Self { yes, no, otherwise }
    }

    /// An empty value changes nothing. A word of the customer's comes before the usual ones.
    pub fn read(&self, text: Option<&str>) -> ConsentReading {
        let key = text.map(consent_key).filter(|key| !key.is_empty());
        let Some(key) = key else { return ConsentReading::Clear(Consent::Unchanged) };
        let own = |words: &[String]| words.contains(&key);
        let usual = |words: &[&str]| words.contains(&&*key);
        if own(&self.no) {
            ConsentReading::Clear(Consent::No)
        } else if own(&self.yes) {
            ConsentReading::Clear(Consent::Yes)
        } else if usual(&NO) {
            ConsentReading::Clear(Consent::No)
        } else if usual(&YES) {
            ConsentReading::Clear(Consent::Yes)
        } else {
            self.unreadable()
        }
    }

    /// What any other word says.
    pub fn unreadable(&self) -> ConsentReading {
        self.otherwise.map_or(ConsentReading::Unreadable, ConsentReading::Assumed)
    }
}

/// What the spellings of a word have in common; `0.0` is the same number as `0`.
pub fn consent_key(text: &str) -> String {
    let key = choice_key(text);
    let number = key.strip_prefix('-').unwrap_or(&key);
    let (integer, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_integer = fraction.bytes().all(|digit| digit == b'0');
    match integer {
        "0" if is_integer => "0".to_owned(),
        "1" if is_integer && number.len() == key.len() => "1".to_owned(),
        _ => key,
    }
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
        let words = ConsentWords::new([""; 0], [""; 0], Some(Consent::No));
        assert_eq!(read(&words, "maybe"), ConsentReading::Assumed(Consent::No));
    }

    #[test]
    fn the_words_of_the_customer_come_first() {
        let words = ConsentWords::new(["Opted in", "Jā"], ["1"], None);
        assert_eq!(read(&words, "opted IN"), ConsentReading::Clear(Consent::Yes));
        assert_eq!(read(&words, "JĀ"), ConsentReading::Clear(Consent::Yes));
        assert_eq!(read(&words, "1"), ConsentReading::Clear(Consent::No));
        assert_eq!(read(&words, "y"), ConsentReading::Clear(Consent::Yes));
    }

    #[test]
    fn a_spelling_that_nobody_sees_makes_no_other_word() {
        let words = ConsentWords::new(["Jā"], ["Nē"], Some(Consent::Unchanged));
        for no in
            ["no\u{200b}", "n\u{ad}o", "\u{feff}NO ", "Ne\u{304}", "NĒ", "0.0", "0.00", "-0", "0."]
        {
            assert_eq!(read(&words, no), ConsentReading::Clear(Consent::No), "{no:?}");
        }
        for yes in ["yes\u{200b}", "Ja\u{304}", "1.0", "1.000"] {
            assert_eq!(read(&words, yes), ConsentReading::Clear(Consent::Yes), "{yes:?}");
        }
        for other in ["0.1", "00", "-1.0", "1.01", "10"] {
            assert_eq!(read(&words, other), ConsentReading::Assumed(Consent::Unchanged), "{other}");
        }
        assert_eq!(read(&words, "\u{200b}"), ConsentReading::Clear(Consent::Unchanged), "nothing");
    }
}
