//! Which e-mail addresses Campaign Monitor accepts, and the form in which one is sent.
//!
//! It "supports common formats and not the full range of RFC compliant addresses" (the vendor's own
//! Objective-C client, whose check this follows): the usual atom characters and single dots, one `@`,
//! and labels of letters, digits, `-` and `_`, the last one of letters. No quotes, no IP literals.
//!
//! Characters that nobody sees are removed, and a domain in another script is sent as Punycode (UTS 46). Nothing else
//! is repaired: a guess could be the address of somebody else.

use std::borrow::Cow;
use std::fmt;

use super::invisible::{self, shown};

/// The longest address that mail can be sent to (RFC 5321 with its erratum 1690).
const ADDRESS_BYTES_MAX: usize = 254;
const LOCAL_BYTES_MAX: usize = 64;
const LABEL_BYTES_MAX: usize = 63;
const PUNYCODE: &str = "xn--";

/// What is wrong with an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    Missing,
    /// It is longer than 254 characters.
    TooLong,
    /// It begins with `mailto:`.
    Link,
    /// It is `Name <address>`, or an address in angle brackets.
    WithName,
    /// A dot, comma or semicolon stands behind it.
    TrailingCharacter(char),
    /// There are several in one value.
    Several,
    /// It breaks a rule, in words.
    Malformed(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("The profile has no e-mail address."),
            Self::TooLong => f.write_str("The e-mail address is longer than 254 characters."),
            Self::Link => f.write_str("The e-mail address begins with “mailto:”. Remove it."),
            Self::WithName => f.write_str(
                "The value is a name with an e-mail address in angle brackets. Leave the address alone.",
            ),
            Self::TrailingCharacter(last) => {
                write!(f, "A “{last}” stands behind the e-mail address. Remove it.")
            }
            Self::Several => f.write_str(
                "The value has several e-mail addresses. Campaign Monitor takes one for a profile.",
            ),
            Self::Malformed(rule) => write!(
                f,
                "The e-mail address has a form that Campaign Monitor does not accept: {rule}."
            ),
        }
    }
}

/// The address in the form in which it is sent, or what is wrong with it.
pub fn check(text: &str) -> Result<Cow<'_, str>, Flaw> {
    let address = sent(text.trim());
    if address.is_empty() {
        return Err(Flaw::Missing);
    }
    match broken_rule(&address) {
        None => Ok(address),
        Some(rule) => Err(flaw(&address, rule)),
    }
}

/// The form in which an address is sent, whether it is one or not.
pub fn sent(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let visible = invisible::without(text);
    let Some((local, domain)) = visible.split_once('@').filter(|(_, domain)| !domain.is_ascii())
    else {
        return visible;
    };
    match idna::domain_to_ascii(domain) {
        Ok(domain) => Cow::Owned(format!("{local}@{domain}")),
        Err(_) => visible,
    }
}

/// Names the usual mistakes; what would be an address without its mistake is one of them.
fn flaw(address: &str, rule: String) -> Flaw {
    let is_good = |text: &str| broken_rule(&sent(text.trim())).is_none();
    let mut parts = address.split([',', ';', ' ', '\n', '\t']).filter(|part| part.contains('@'));
    if parts.by_ref().nth(1).is_some() {
        return Flaw::Several;
    }
    let scheme = address.get(..7).filter(|start| start.eq_ignore_ascii_case("mailto:"));
    if scheme.is_some_and(|scheme| is_good(&address[scheme.len()..])) {
        return Flaw::Link;
    }
    let inner = address.strip_suffix('>').and_then(|text| text.rsplit_once('<'));
    if inner.is_some_and(|(_, inner)| is_good(inner)) {
        return Flaw::WithName;
    }
    match address.chars().next_back().filter(|last| ['.', ',', ';'].contains(last)) {
        Some(last) if is_good(&address[..address.len() - 1]) => Flaw::TrailingCharacter(last),
        _ if address.len() > ADDRESS_BYTES_MAX => Flaw::TooLong,
        _ => Flaw::Malformed(rule),
    }
}

/// The first rule that an address breaks, in words.
fn broken_rule(address: &str) -> Option<String> {
    let Some((local, domain)) = address.split_once('@') else {
        return Some("it has no @".into());
    };
    if address.len() > ADDRESS_BYTES_MAX || local.len() > LOCAL_BYTES_MAX {
        return Some("the part before the @ is longer than 64 characters".into());
    }
    let outside = local.char_indices().find(|(_, letter)| *letter != '.' && !is_atom(*letter));
    if let Some((at, letter)) = outside {
        return Some(character(address, at, letter));
    }
    if local.split('.').any(str::is_empty) {
        return Some("before the @, a dot stands first, last or beside another dot".into());
    }
    broken_rule_of_domain(address, domain)
}

fn broken_rule_of_domain(address: &str, domain: &str) -> Option<String> {
    let start = address.len() - domain.len();
    let outside = domain.char_indices().find(|(_, letter)| *letter != '.' && !is_in_label(*letter));
    if let Some((at, letter)) = outside {
        return Some(character(address, start + at, letter));
    }
    let Some((_, last)) = domain.rsplit_once('.') else {
        return Some("its domain has no dot".into());
    };
    if domain.split('.').any(|label| !(1..=LABEL_BYTES_MAX).contains(&label.len())) {
        return Some("a part of its domain is empty, or longer than 63 characters".into());
    }
    (!is_last_label(last)).then(|| format!("“{last}” is not the end of a domain"))
}

/// The character that cannot be where it is, and its place, from 1.
fn character(address: &str, at: usize, letter: char) -> String {
    let position = address[..at].chars().count() + 1;
    match letter {
        '@' => format!("a second @ stands at place {position}"),
        ' ' => format!("a blank stands at place {position}"),
        letter => format!("“{}” at place {position} cannot be in it", shown(letter)),
    }
}

const fn is_in_label(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '-' || letter == '_'
}

/// The vendor's check of 2013 allowed six letters; top-level domains have grown longer since.
fn is_last_label(label: &str) -> bool {
    let is_word = label.len() >= 2 && label.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_word || label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(PUNYCODE))
}

const fn is_atom(letter: char) -> bool {
    letter.is_ascii_alphanumeric()
        || matches!(
            letter,
            '!' | '#'
                | '$'
                | '%'
                | '&'
                | '\''
                | '*'
                | '+'
                | '-'
                | '/'
                | '='
                | '?'
                | '^'
                | '_'
                | '`'
                | '{'
                | '|'
                | '}'
                | '~'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_addresses_are_accepted() {
        for address in [
            "ann@example.com",
            "o'brien+news@mail.example.co.uk",
            "a_b-c.d@under_score.example.museum",
            "ann@example.xn--p1ai",
            "BOB@EXAMPLE.XN--P1AI",
        ] {
            assert_eq!(check(address).unwrap(), address);
        }
        assert_eq!(check("  ann@example.com\t").unwrap(), "ann@example.com");
    }

    #[test]
    fn what_nobody_sees_is_taken_off_and_a_domain_of_another_script_is_sent_as_punycode() {
        for (text, expected) in [
            ("\u{200b}ann@example.com", "ann@example.com"),
            ("bob@example.com\u{200e}", "bob@example.com"),
            ("d\u{ad}an@example.com", "dan@example.com"),
            ("\u{feff}eve@exam\u{2060}ple.com", "eve@example.com"),
            ("\u{a0}ann@example.com\u{a0}", "ann@example.com"),
            ("eve@bücher.example", "eve@xn--bcher-kva.example"),
            ("eve@BÜCHER.example", "eve@xn--bcher-kva.example"),
            ("иван@пример.рф", ""),
        ] {
            assert_eq!(check(text).unwrap_or_default(), expected, "{text:?}");
        }
    }

    #[test]
    fn the_usual_mistakes_have_names() {
        for (address, flaw) in [
            ("", Flaw::Missing),
            (" \u{200b} ", Flaw::Missing),
            ("mailto:ann@example.com", Flaw::Link),
            ("MAILTO:ann@example.com", Flaw::Link),
            ("Ann <ann@example.com>", Flaw::WithName),
            ("<ann@example.com>", Flaw::WithName),
            ("ann@example.com.", Flaw::TrailingCharacter('.')),
            ("ann@example.com;", Flaw::TrailingCharacter(';')),
            ("ann@example.com,", Flaw::TrailingCharacter(',')),
            ("ann@example.com; bob@example.com", Flaw::Several),
            ("ann@example.com,bob@example.com", Flaw::Several),
            ("ann@example.com bob@example.com", Flaw::Several),
        ] {
            assert_eq!(check(address), Err(flaw), "{address}");
        }
        let long = format!("a@{}example.com", "b.".repeat(150));
        assert_eq!(check(&long), Err(Flaw::TooLong));
    }

    #[test]
    fn a_broken_rule_is_told_with_its_place() {
        for (address, rule) in [
            ("ann", "it has no @"),
            ("ann@example", "its domain has no dot"),
            ("ann@@example.com", "a second @ stands at place 5"),
            (".ann@example.com", "before the @, a dot stands first, last or beside another dot"),
            ("an..n@example.com", "before the @, a dot stands first, last or beside another dot"),
            ("ann lee@example.com", "a blank stands at place 4"),
            ("ann\u{a0}lee@example.com", "“U+00A0” at place 4 cannot be in it"),
            ("\"ann\"@example.com", "“\"” at place 1 cannot be in it"),
            ("ann@[127.0.0.1]", "“[” at place 5 cannot be in it"),
            ("ann@example.c", "“c” is not the end of a domain"),
            ("ann@example.123", "“123” is not the end of a domain"),
            ("ann@example..com", "a part of its domain is empty, or longer than 63 characters"),
            ("анна@example.com", "“а” at place 1 cannot be in it"),
        ] {
            assert_eq!(check(address), Err(Flaw::Malformed(rule.into())), "{address}");
        }
    }
}
