//! Names that are almost the one that is missing: a blank, an invisible character or a capital letter makes another.

/// How alike two names must be to be offered, from 0 to 1.
const ALIKE: f64 = 0.85;

/// The name among `present` that is most like `wanted`, in a sentence that says how it differs.
#[must_use]
pub(crate) fn nearest<'a>(
    wanted: &str,
    present: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let seen = as_seen(wanted);
    let scored =
        present.into_iter().map(|name| (strsim::jaro_winkler(&seen, &as_seen(name)), name));
    let (score, name) = scored.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    if as_seen(name) == seen {
        return Some(format!("It has {name:?}, which {}.", difference(wanted, name)));
    }
    (score >= ALIKE).then(|| format!("Did you mean {name:?}?"))
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
    nearest(wanted, [name])
}

/// A name as people read it: in one case, without what cannot be seen.
fn as_seen(name: &str) -> String {
    let seen: String = name.chars().filter(|character| !is_invisible(*character)).collect();
    seen.trim().to_lowercase()
}

/// Controls, and characters without any width: soft hyphens, joiners, marks of direction, byte order marks.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
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
            assert_eq!(found.as_deref(), expected);
        }
        let found = nearest("Email ", ["Email"]);
        assert_eq!(found.as_deref(), Some("It has \"Email\", which has no blank around it."));
        assert_eq!(nearest("Email", []), None);
    }
}
