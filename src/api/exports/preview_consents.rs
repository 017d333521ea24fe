//! The words of consents that nobody can read, counted: a preview names them, and never says which means what.

use std::collections::BTreeMap;

use crate::campaign_monitor::{
    CONSENT_TO_SEND_SMS, CONSENT_TO_TRACK, ProblemCode, consent_key, is_null_word,
};
use crate::records::unreadable::UnreadableConsent;
use crate::runs::ValueProblem;

/// Different words that are counted. A field with more of them holds no consents.
const WORDS_MAX: usize = 1_000;
/// The most frequent ones are named, the others only counted.
const WORDS_SHOWN: usize = 10;

/// The members of a mapping, by the members of a record.
const MEMBERS: [(&str, &str); 2] =
    [(CONSENT_TO_TRACK, TRACK), (CONSENT_TO_SEND_SMS, "consentToSendSms")];
const TRACK: &str = "consentToTrack";

/// What an empty consent to tracking does.
const EMPTY_IS_YES: &str =
    "which Campaign Monitor records as a yes to tracking for people who are new there";

/// Counts of words, by the member of the mapping and its field.
type Words = BTreeMap<(&'static str, String), BTreeMap<String, i64>>;

/// How often each word stands in a consent.
#[derive(Default)]
pub struct ConsentWordCounts {
    /// Those for which a profile is not sent.
    unreadable: Words,
    /// Those of which `otherwise` says what is sent.
    assumed: Words,
}

impl ConsentWordCounts {
    pub fn add(&mut self, consents: &[UnreadableConsent]) {
        for UnreadableConsent { member, field, word } in consents {
            count(&mut self.unreadable, member, field, word);
        }
    }

    /// A value that nobody can read, and that is sent as `otherwise` says.
    pub fn assume(&mut self, problem: &ValueProblem) {
        let member = MEMBERS.into_iter().find(|(key, _)| *key == problem.key);
        if let Some((_, member)) = member.filter(|_| problem.code == ProblemCode::ConsentUnreadable)
        {
            count(&mut self.assumed, member, &problem.field, &problem.value);
        }
    }

    /// What the fields hold, and where their words belong.
    pub fn message(&self) -> String {
        let sentences = self.unreadable.iter().map(|((member, field), words)| {
            let words = by_key(words);
            let (verb, each) = if words.len() == 1 { ("is", "it") } else { ("are", "each word") };
            format!(
                "“{field}” has {}, which {verb} neither a yes nor a no. Add {each} to `yes` or to `no` of `{member}`, \
                 whose `otherwise` says what all other words mean.{}",
                named(&words),
                for_nothing(member, &words)
            )
        });
        sentences.collect::<Vec<_>>().join(" ")
    }

    /// What it does to consents to make a word stand for nothing, in sentences that begin with a blank.
    pub fn if_nothing(&self, word: &str) -> String {
        let all = self.unreadable.iter().chain(&self.assumed);
        let holds = all.filter_map(|(of, words)| Some((of, words.get(word)?)));
        let sentence = |((member, field), count): (&(&str, String), &i64)| {
            let stays = "which leaves what the list has";
            let (does, remedy) = if *member == TRACK {
                (EMPTY_IS_YES, format!(". Unless it is a yes, add it to `no` of `{member}` too"))
            } else {
                (stays, String::new())
            };
            format!(" In “{field}” ({count}) it is then an empty consent, {does}{remedy}.")
        };
        holds.map(sentence).collect()
    }
}

fn count(all: &mut Words, member: &'static str, field: &str, word: &str) {
    let words = all.entry((member, field.to_owned())).or_default();
    if words.len() < WORDS_MAX || words.contains_key(word) {
        *words.entry(word.to_owned()).or_default() += 1;
    }
}

/// Words that are read alike, such as those in another case, are one: in its most frequent spelling. The most frequent
/// ones come first.
fn by_key(words: &BTreeMap<String, i64>) -> Vec<(&str, i64)> {
    let mut spellings: Vec<_> = words.iter().collect();
    spellings.sort_by_key(|(_, count)| -**count);
    let mut groups: Vec<(String, &str, i64)> = vec![];
    for (word, count) in spellings {
        let key = consent_key(word);
        match groups.iter_mut().find(|(known, ..)| *known == key) {
            Some((.., sum)) => *sum += count,
            None => groups.push((key, word, *count)),
        }
    }
    groups.sort_by_key(|(.., count)| -count);
    groups.into_iter().map(|(_, word, count)| (word, count)).collect()
}

/// The words that stand there most often, each with its count.
fn named(words: &[(&str, i64)]) -> String {
    let shown = words.iter().take(WORDS_SHOWN);
    let mut shown: Vec<_> = shown.map(|(word, count)| format!("“{word}” ({count})")).collect();
    match words.len().saturating_sub(WORDS_SHOWN) {
        0 => {}
        1 => shown.push("1 other word".to_owned()),
        others => shown.push(format!("{others} other words")),
    }
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
        None => String::new(),
    }
}

/// What `nullWords` would do to the first word that seems to stand for nothing.
fn for_nothing(member: &str, words: &[(&str, i64)]) -> String {
    let Some((word, _)) = words.iter().find(|(word, _)| is_null_word(word)) else {
        return String::new();
    };
    let does = if member == TRACK { EMPTY_IS_YES } else { "which leaves what the list has" };
    format!(
        " If “{word}” stands for nothing, `nullWords` of the mapping makes it an empty consent, {does}."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(member: &'static str, words: &[(&str, usize)]) -> ConsentWordCounts {
        let mut counts = ConsentWordCounts::default();
        for (word, count) in words {
            let consent =
                UnreadableConsent { member, field: "Sms".into(), word: (*word).to_owned() };
            (0..*count).for_each(|_| counts.add(std::slice::from_ref(&consent)));
        }
        counts
    }

    fn message(words: &[(&str, usize)]) -> String {
        counts("consentToSendSms", words).message()
    }

    #[test]
    fn the_words_are_named_with_their_counts_and_nobody_says_which_is_a_yes() {
        assert_eq!(
            message(&[("Nē", 2), ("Jā", 3)]),
            "“Sms” has “Jā” (3) and “Nē” (2), which are neither a yes nor a no. Add each word to `yes` or to `no` of \
             `consentToSendSms`, whose `otherwise` says what all other words mean."
        );
        assert_eq!(
            message(&[("Jā", 3)]),
            "“Sms” has “Jā” (3), which is neither a yes nor a no. Add it to `yes` or to `no` of `consentToSendSms`, \
             whose `otherwise` says what all other words mean."
        );
    }

    #[test]
    fn of_many_words_the_most_frequent_are_named_and_the_others_counted() {
        let words = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
        let words: Vec<_> = words.into_iter().rev().zip(1..).collect();
        let all = message(&words);
        assert!(all.contains("has “a” (12), “b” (11), "), "{all}");
        assert!(all.contains("“j” (3) and 2 other words, which are"), "{all}");
        let all = message(&words[..11]);
        assert!(all.contains("and 1 other word, which are"), "{all}");
    }

    #[test]
    fn spellings_that_are_read_alike_are_one_word() {
        let all = message(&[("nē", 54), ("NĒ", 47), ("jā", 101), ("Jā", 40), ("Ja\u{304}", 1)]);
        assert!(all.starts_with("“Sms” has “jā” (142) and “nē” (101), which are"), "{all}");
    }

    #[test]
    fn of_a_word_for_nothing_people_learn_what_an_empty_consent_does() {
        let yes = "records as a yes to tracking for people who are new there";
        let tracking = counts(TRACK, &[("-", 3), ("Jā", 9)]);
        let all = tracking.message();
        assert!(
            all.contains("If “-” stands for nothing, `nullWords`") && all.contains(yes),
            "{all}"
        );
        assert!(!message(&[("Jā", 9)]).contains("nullWords"));
        assert_eq!(
            tracking.if_nothing("-"),
            " In “Sms” (3) it is then an empty consent, which Campaign Monitor records as a yes to tracking for people \
             who are new there. Unless it is a yes, add it to `no` of `consentToTrack` too."
        );
        let texts = counts("consentToSendSms", &[("-", 3)]);
        assert!(!texts.message().contains(yes) && !texts.if_nothing("-").contains(yes));
        assert_eq!(tracking.if_nothing("NULL"), "");
    }

    #[test]
    fn a_word_that_is_sent_as_otherwise_says_counts_too() {
        let mut counts = ConsentWordCounts::default();
        let mut problem = ValueProblem {
            position: 0,
            number: 1,
            customer_id: "1".into(),
            email: "ann@example.com".into(),
            field: "Consent".into(),
            key: CONSENT_TO_TRACK.into(),
            code: ProblemCode::ConsentUnreadable,
            value: "NULL".into(),
            sent: Some("No".into()),
        };
        counts.assume(&problem);
        assert!(counts.if_nothing("NULL").starts_with(" In “Consent” (1) it is then an empty"));
        assert_eq!(counts.message(), "", "the profile is sent");
        (problem.code, problem.value) = (ProblemCode::Cut, "n/a".into());
        counts.assume(&problem);
        assert_eq!(counts.if_nothing("n/a"), "");
    }
}
