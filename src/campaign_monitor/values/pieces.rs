//! The options in one value: what separates them, and where an option itself holds the separator.

use std::borrow::Cow;

use serde_json::Value;

use super::choice::Choices;
use crate::campaign_monitor::invisible;

/// What separates the options in one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    Letter(char),
    /// They are the elements of a JSON array.
    Json,
}

impl Default for Separator {
    fn default() -> Self {
        Self::Letter(';')
    }
}

/// How a value falls apart into options.
#[derive(Clone, Copy, Debug)]
pub struct Pieces {
    separator: Separator,
    /// The most pieces that are one option: an option may hold the separator.
    longest: usize,
}

impl Pieces {
    pub fn of(separator: Separator, choices: &Choices) -> Self {
        let longest = match separator {
            Separator::Letter(letter) => 1 + choices.most_of(letter),
            Separator::Json => 1,
        };
        Self { separator, longest }
    }

    /// The options in `text`, each once; where several pieces in a row are one option, they stay together, the most of
    /// them first. None where the text has only separators.
    pub fn split<'a>(&self, choices: &Choices, text: &'a str) -> Vec<Cow<'a, str>> {
        let mut found = match self.separator {
            Separator::Letter(letter) => pieces(letter, self.longest, choices, text),
            // A text that is no array is one value; whether it is an option is found out later.
            Separator::Json => elements(text).unwrap_or_else(|| vec![Cow::Borrowed(text)]),
        };
        let mut options = vec![];
        found.retain(|piece| {
            let Some(option) = choices.position(piece) else { return true };
            let is_new = !options.contains(&option);
            options.push(option);
            is_new
        });
        found
    }
}

fn elements(text: &str) -> Option<Vec<Cow<'static, str>>> {
    let elements: Vec<Value> = serde_json::from_str(text).ok()?;
    let written = |element: Value| match element {
        Value::Null => None,
        Value::String(text) => Some(text).filter(|text| !invisible::without(text).is_empty()),
        other => Some(other.to_string()),
    };
    Some(elements.into_iter().filter_map(written).map(Cow::Owned).collect())
}

fn pieces<'a>(letter: char, longest: usize, choices: &Choices, text: &'a str) -> Vec<Cow<'a, str>> {
    let mut rest = text;
    let mut found = vec![];
    while !rest.is_empty() {
        let mut ends = rest.match_indices(letter).map(|(end, _)| end).chain([rest.len()]);
        let first = ends.next().unwrap_or(rest.len());
        let is_option = |end: &usize| choices.find(rest[..*end].trim()).is_some();
        // The first piece is one in any case.
        let end = ends.take(longest - 1).filter(is_option).last().unwrap_or(first);
        let piece = rest[..end].trim();
        if !invisible::without(piece).is_empty() {
            found.push(Cow::Borrowed(piece));
        }
        rest = rest.get(end + letter.len_utf8()..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split_at(separator: Separator, text: &str) -> Vec<String> {
        let choices = Choices::of(&["Tea".into(), "Bread; Butter".into(), "Bread".into()]);
        let pieces = Pieces::of(separator, &choices);
        pieces.split(&choices, text).into_iter().map(Cow::into_owned).collect()
    }

    #[test]
    fn an_option_that_holds_the_separator_stays_together() {
        let semicolon = Separator::default();
        assert_eq!(split_at(semicolon, "Tea;Bread; Butter"), ["Tea", "Bread; Butter"]);
        assert_eq!(split_at(semicolon, "bread; butter;Tea"), ["bread; butter", "Tea"]);
        assert_eq!(split_at(semicolon, "Bread;Tea"), ["Bread", "Tea"]);
        assert_eq!(split_at(semicolon, "Bread;Butter;"), ["Bread", "Butter"]);
    }

    #[test]
    fn values_are_apart_where_the_mapping_says_so() {
        assert_eq!(split_at(Separator::default(), "Tea; Coffee ;;"), ["Tea", "Coffee"]);
        assert_eq!(split_at(Separator::Letter('|'), "Tea|Bread; Butter"), ["Tea", "Bread; Butter"]);
        assert_eq!(split_at(Separator::Letter(','), "Tea;Coffee"), ["Tea;Coffee"]);
        assert_eq!(
            split_at(Separator::Json, r#"["Tea", "Bread; Butter", 7]"#),
            ["Tea", "Bread; Butter", "7"]
        );
        assert_eq!(split_at(Separator::Json, "Tea"), ["Tea"]);
    }

    #[test]
    fn separators_alone_have_no_options_between_them() {
        for text in [";", "; ;", ";\u{200b};", ""] {
            assert!(split_at(Separator::default(), text).is_empty(), "{text:?}");
        }
        for text in ["[]", "[\"\"]", "[null]", "[null, \" \"]"] {
            assert!(split_at(Separator::Json, text).is_empty(), "{text}");
        }
        assert_eq!(split_at(Separator::Json, "[null, \"Tea\"]"), ["Tea"]);
    }

    #[test]
    fn an_option_that_comes_again_is_one() {
        assert_eq!(split_at(Separator::default(), "tea;TEA;Bread;tea"), ["tea", "Bread"]);
        assert_eq!(split_at(Separator::Json, r#"["Tea", "tea"]"#), ["Tea"]);
        assert_eq!(split_at(Separator::default(), "Gin;Gin"), ["Gin", "Gin"], "each is a problem");
    }
}
