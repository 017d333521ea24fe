//! The options of a field, found by what they are called: in any case, in any Unicode form, with characters that nobody
//! sees or without, and without accents where only one option is meant.

use std::borrow::Cow;

use rustc_hash::FxHashMap;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::campaign_monitor::invisible;

/// The options of a field, in the spelling of the list.
#[derive(Clone, Debug)]
pub struct Choices {
    texts: Vec<String>,
    /// Each option by its spelling and by its key.
    names: FxHashMap<String, usize>,
    /// Each option by a name that says less; `None` where it stands for several.
    folded: FxHashMap<String, Option<usize>>,
    fold: fn(&str) -> String,
}

impl Choices {
    pub fn of(options: &[String]) -> Self {
        Self::folded_by(options, without_accents)
    }

    /// Options that are also found by what `fold` leaves of their names.
    pub(super) fn folded_by(options: &[String], fold: fn(&str) -> String) -> Self {
        let (names, folded) = (FxHashMap::default(), FxHashMap::default());
        let mut choices = Self { texts: options.to_vec(), names, folded, fold };
        for (index, option) in options.iter().enumerate() {
            choices.names.entry(key(option)).or_insert(index);
            choices.add_folded(fold(option), index);
        }
        // An option in its own spelling comes before another one that differs in its case only.
        choices.names.extend(options.iter().cloned().zip(0..));
        choices
    }

    /// Another name of an option, in just these letters; an option of that name comes before it.
    pub(super) fn also_exactly(&mut self, name: &str, index: usize) {
        self.names.entry(key(name)).or_insert(index);
    }

    /// Another name of an option; an option of that name comes before it.
    pub(super) fn also(&mut self, name: &str, index: usize) {
        let folded = (self.fold)(name);
        if *self.folded.entry(folded).or_insert(Some(index)) == Some(index) {
            // Known as it is written, it need not be folded each time.
            self.names.entry(key(name)).or_insert(index);
            self.names.entry(name.to_owned()).or_insert(index);
        }
    }

    /// The position of the option that a name stands for.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        let named = self.names.get(name).or_else(|| self.names.get(&key(name)));
        named.copied().or_else(|| self.folded.get(&(self.fold)(name)).copied().flatten())
    }

    /// The option that a value stands for, in the spelling of the list.
    pub fn find(&self, value: &str) -> Option<&str> {
        self.position(value).map(|index| self.texts[index].as_str())
    }

    /// How often a letter stands in an option at most.
    pub(super) fn most_of(&self, letter: char) -> usize {
        self.texts.iter().map(|option| option.matches(letter).count()).max().unwrap_or(0)
    }

    fn add_folded(&mut self, name: String, index: usize) {
        self.folded.entry(name).and_modify(|known| *known = None).or_insert(Some(index));
    }
}

/// What two spellings of a name have in common: composed, visible, in lower case, with single blanks.
pub(in crate::campaign_monitor) fn key(name: &str) -> String {
    let visible = invisible::without(name);
    let lower = if visible.is_ascii() {
        visible.to_ascii_lowercase()
    } else {
        visible.nfc().collect::<String>().to_lowercase()
    };
    single_blanks(lower.into())
}

fn single_blanks(text: Cow<'_, str>) -> String {
    if text.contains("  ") || text.contains(|c: char| c.is_whitespace() && c != ' ') {
        return text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    text.into_owned()
}

/// A key without the accents of Latin letters. In other scripts a mark makes another letter.
pub(super) fn without_accents(name: &str) -> String {
    let key = key(name);
    if key.is_ascii() {
        return key;
    }
    let mut is_latin = false;
    let plain = key.nfd().filter(|letter| {
        if !is_combining_mark(*letter) {
            is_latin = matches!(letter, 'a'..='z' | '\u{df}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}');
        }
        !(is_latin && ('\u{300}'..='\u{36f}').contains(letter))
    });
    plain.nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(options: &[&str], value: &str) -> Option<String> {
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        Choices::of(&options).find(value).map(str::to_owned)
    }

    #[test]
    fn an_option_is_sent_in_the_spelling_of_the_list() {
        for (value, option) in [
            ("gold", Some("Gold")),
            ("GOLD", Some("Gold")),
            ("Go\u{200b}ld", Some("Gold")),
            ("Cafe\u{301}", Some("Café")),
            ("CAFÉ", Some("Café")),
            ("Very \u{a0} dear", Some("Very dear")),
            ("Platinum", None),
            ("", None),
        ] {
            let options = ["Gold", "Café", "Very dear"];
            assert_eq!(found(&options, value).as_deref(), option, "{value}");
        }
        assert_eq!(found(&["Cafe\u{301}"], "Café").as_deref(), Some("Cafe\u{301}"));
    }

    #[test]
    fn accents_may_lack_where_one_option_is_meant_and_not_where_two_could_be() {
        assert_eq!(found(&["Café", "Tea"], "cafe").as_deref(), Some("Café"));
        assert_eq!(found(&["Rūta", "Rutā"], "ruta"), None);
        assert_eq!(found(&["Rūta", "Ruta"], "ruta").as_deref(), Some("Ruta"));
    }

    #[test]
    fn a_mark_of_another_script_makes_another_word() {
        let options = ["バン", "バス", "हरि", "мой"];
        for other in ["パン", "ハス", "हरा", "мои"] {
            assert_eq!(found(&options, other), None, "{other}");
        }
        for same in ["バン", "ハ\u{3099}ス", "हरि", "МОЙ"] {
            assert!(found(&options, same).is_some(), "{same}");
        }
        assert_eq!(found(&["Ærø", "Łódź"], "łodz").as_deref(), Some("Łódź"));
    }

    #[test]
    fn an_option_in_its_own_spelling_comes_first() {
        assert_eq!(found(&["tea", "Tea"], "Tea").as_deref(), Some("Tea"));
    }
}
