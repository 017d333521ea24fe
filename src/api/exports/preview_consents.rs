//! The words of consents that nobody can read, counted: a preview names them, and never says which means what.

use std::collections::BTreeMap;

use crate::records::unreadable::UnreadableConsent;

/// Different words that are counted. A field with more of them holds no consents.
const WORDS_MAX: usize = 1_000;
/// The most frequent ones are named, the others only mentioned.
const WORDS_SHOWN: usize = 5;

/// How often each word stands in a consent.
#[derive(Default)]
pub struct ConsentWordCounts {
    /// By the member of the mapping and its field.
    fields: BTreeMap<(&'static str, String), BTreeMap<String, i64>>,
}

impl ConsentWordCounts {
    pub fn add(&mut self, consents: &[UnreadableConsent]) {
        for UnreadableConsent { member, field, word } in consents {
            let words = self.fields.entry((member, field.clone())).or_default();
            if words.len() < WORDS_MAX || words.contains_key(word) {
                *words.entry(word.clone()).or_default() += 1;
            }
        }
    }

    /// What the fields hold, and where their words belong.
    pub fn message(&self) -> String {
        let sentences = self.fields.iter().map(|((member, field), words)| {
            let (verb, each) = if words.len() == 1 { ("is", "it") } else { ("are", "each word") };
            let words = named(words);
            format!(
                "“{field}” has {words}, which {verb} neither a yes nor a no. Add {each} to `yes` or to `no` of \
                 `{member}`."
            )
        });
        sentences.collect::<Vec<_>>().join(" ")
    }
}

/// The words that stand there most often, each with its count.
fn named(words: &BTreeMap<String, i64>) -> String {
    let mut by_count: Vec<_> = words.iter().collect();
    by_count.sort_by_key(|(_, count)| -**count);
    let shown = by_count.iter().take(WORDS_SHOWN);
    let mut shown: Vec<_> = shown.map(|(word, count)| format!("“{word}” ({count})")).collect();
    if words.len() > WORDS_SHOWN {
        shown.push("other words".to_owned());
    }
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(words: &[(&str, usize)]) -> String {
        let mut counts = ConsentWordCounts::default();
        for (word, count) in words {
            let (member, field, word) = ("consentToSendSms", "Sms".into(), (*word).to_owned());
            let consent = UnreadableConsent { member, field, word };
            (0..*count).for_each(|_| counts.add(std::slice::from_ref(&consent)));
        }
        counts.message()
    }

    #[test]
    fn the_words_are_named_with_their_counts_and_nobody_says_which_is_a_yes() {
        assert_eq!(
            message(&[("Nē", 2), ("Jā", 3)]),
            "“Sms” has “Jā” (3) and “Nē” (2), which are neither a yes nor a no. Add each word to `yes` or to `no` of \
             `consentToSendSms`."
        );
        assert_eq!(
            message(&[("Jā", 3)]),
            "“Sms” has “Jā” (3), which is neither a yes nor a no. Add it to `yes` or to `no` of `consentToSendSms`."
        );
    }

    #[test]
    fn of_many_words_the_most_frequent_are_named() {
        let words = [("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5), ("f", 6)];
        let message = message(&words);
        assert!(
            message
                .contains("“f” (6), “e” (5), “d” (4), “c” (3), “b” (2) and other words, which are")
        );
    }
}
