//! Names that are almost the one that is missing: a blank, an invisible character or a capital letter makes another.

/// How alike two names must be to be offered, from 0 to 1.
const ALIKE: f64 = 0.85;

/// A name that is almost the one that is missing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Near<'a> {
    pub(crate) name: &'a str,
    /// Quotes it, and says how it differs.
    pub(crate) sentence: String,
}

/// The name among `present` that is most like `wanted`.
#[must_use]
pub(crate) fn nearest<'a>(
    wanted: &str,
    present: impl IntoIterator<Item = &'a str>,
) -> Option<Near<'a>> {
    let seen = as_seen(wanted);
    let scored =
        present.into_iter().map(|name| (strsim::jaro_winkler(&seen, &as_seen(name)), name));
    let (score, name) = scored.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    if as_seen(name) == seen {
        let sentence = format!("It has {name:?}, which {}.", difference(wanted, name));
        return Some(Near { name, sentence });
    }
    (score >= ALIKE).then(|| Near { name, sentence: format!("Did you mean {name:?}?") })
}

/// The name among `present` that is `wanted` but for capitals, blanks and other separators, in such a sentence.
///
/// A file that lost its header has values where names should be, and this one tells nothing else.
pub(super) fn same_letters<'a>(
    wanted: &str,
    present: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let letters = |name: &str| -> String {
        as_seen(name).chars().filter(|letter| !matches!(letter, ' ' | '_' | '-' | '.')).collect()
    };
    let wanted_letters = letters(wanted);
    let name = present.into_iter().find(|name| letters(name) == wanted_letters)?;
    nearest(wanted, [name]).map(|near| near.sentence)
}

/// A name as people read it: in one case, without what cannot be seen.
fn as_seen(name: &str) -> String {
    let seen: String = name.chars().filter(|character| !is_invisible(*character)).collect();
    seen.trim().to_lowercase()
}

/// Controls, and characters without any width, as in values: soft hyphens, joiners, fillers, marks of direction.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
                | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// How two names differ that look the same.
fn difference(wanted: &str, name: &str) -> &'static str {
    let is_padded = |name: &str| (name.trim_start() != name, name.trim_end() != name);
    match is_padded(name) {
        _ if wanted.chars().chain(name.chars()).any(is_invisible) => {
            "differs in a character that cannot be seen"
        }
        (true, true) => "begins and ends with a blank",
        (true, false) => "begins with a blank",
        (false, true) => "ends with a blank",
        (false, false) if is_padded(wanted) != (false, false) => "has no blank around it",
        (false, false) => "differs in upper and lower case only",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_values_may_stand_for_names_only_the_wanted_letters_are_quoted() {
        for (present, expected) in [
            ("customer id 4711 John", None),
            ("CustomerIdJohn", None),
            (
                "customerid",
                Some("It has \"customerid\", which differs in upper and lower case only."),
            ),
            ("Customer_ID", Some("Did you mean \"Customer_ID\"?")),
            ("Customer Id ", Some("Did you mean \"Customer Id \"?")),
        ] {
            let found = same_letters("CustomerId", ["Email", present]);
            assert_eq!(found.as_deref(), expected);
        }
    }

    #[test]
    fn a_name_that_is_almost_right_is_quoted_with_what_makes_it_another() {
        for (present, expected) in [
            (" Email", Some("It has \" Email\", which begins with a blank.")),
            ("Email ", Some("It has \"Email \", which ends with a blank.")),
            (
                "\u{a0}Email\t",
                Some(
                    "It has \"\\u{a0}Email\\t\", which differs in a character that cannot be seen.",
                ),
            ),
            ("email", Some("It has \"email\", which differs in upper and lower case only.")),
            (
                "Email\u{200b}",
                Some(
                    "It has \"Email\\u{200b}\", which differs in a character that cannot be seen.",
                ),
            ),
            (
                "\u{feff}Email",
                Some(
                    "It has \"\\u{feff}Email\", which differs in a character that cannot be seen.",
                ),
            ),
            ("E-mail", Some("Did you mean \"E-mail\"?")),
            ("Emial", Some("Did you mean \"Emial\"?")),
            ("City", None),
        ] {
            let found = nearest("Email", ["CustomerId", present, "Points"]);
            assert_eq!(found.as_ref().map(|near| near.sentence.as_str()), expected);
            assert!(found.is_none_or(|near| near.name == present));
        }
        let found = nearest("Email ", ["Email"]);
        assert_eq!(found.unwrap().sentence, "It has \"Email\", which has no blank around it.");
        assert_eq!(nearest("Email", []), None);
    }
}
