//! Which e-mail addresses Campaign Monitor accepts, and the form in which one is sent.
//!
//! It "supports common formats and not the full range of RFC compliant addresses" (the vendor's own
//! Objective-C client, whose check this follows): the usual atom characters and single dots, one `@`,
//! and labels of letters, digits, `-` and `_`, the last one of letters. No quotes, no IP literals.
//!
//! Characters that nobody sees are removed, and a domain in another script is sent as Punycode (UTS 46). Nothing else
//! is repaired, unless the mapping asks for it: a guess could be the address of somebody else.

use std::borrow::Cow;
use std::fmt;

use unicode_normalization::char::is_combining_mark;

use self::plain::{
    ADDRESS_BYTES_MAX, LABEL_BYTES_MAX, LOCAL_BYTES_MAX, is_atom, is_in_label, keeps_every_rule,
};
use super::invisible::{self, shown};

mod plain;

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
            Self::Link => f.write_str(
                "The e-mail address begins with “mailto:”. Remove it, or set `repair` of `email` in the mapping.",
            ),
            Self::WithName => f.write_str(
                "The value is a name with an e-mail address in angle brackets. Leave the address alone, or set \
                 `repair` of `email` in the mapping.",
            ),
            Self::TrailingCharacter(last) => {
                write!(
                    f,
                    "A “{last}” stands behind the e-mail address. Remove it, or set `repair` of `email` in the mapping."
                )
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
    let text = text.trim();
    if keeps_every_rule(text) {
        return Ok(Cow::Borrowed(text));
    }
    let address = sent(text);
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
    let visible = without_fixed_blanks(invisible::without(text));
    let Some((local, domain)) = visible.split_once('@').filter(|(_, domain)| !domain.is_ascii())
    else {
        return visible;
    };
    let is_name = domain.chars().all(may_be_in_domain);
    match idna::domain_to_ascii(domain) {
        Ok(domain) if is_name => Cow::Owned(format!("{local}@{domain}")),
        _ => visible,
    }
}

/// A blank that does not break a line, and touches the `@`, comes with what is copied from a page. Between letters it
/// stays, and is named: without it, two words would become the address of somebody else.
fn without_fixed_blanks(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_fixed = |letter: char| matches!(letter, '\u{a0}' | '\u{2007}' | '\u{202f}');
    let Some((local, domain)) = text.split_once('@') else { return text };
    let (near, far) = (local.trim_end_matches(is_fixed), domain.trim_start_matches(is_fixed));
    if near.len() + far.len() == local.len() + domain.len() {
        return text;
    }
    Cow::Owned(format!("{near}@{far}"))
}

/// Letters and digits of any script, marks on them, and what stands between labels. UTS 46 alone would make a domain of
/// a dash or an arrow, which no registry has.
fn may_be_in_domain(letter: char) -> bool {
    letter.is_alphanumeric()
        || is_combining_mark(letter)
        || matches!(
            letter,
            '-' | '_' | '.' | '。' | '．' | '｡' | '·' | '・' | '\u{200c}' | '\u{200d}'
        )
}

/// The address of the person who is meant by a text that is no address: the first one in it. It says whose consents
/// these are; nothing is ever sent there.
pub fn meant(text: &str) -> Option<String> {
    let is_around =
        |letter: char| letter.is_whitespace() || "<>()[]{},;:\"|\\“”„«»".contains(letter);
    let visible = invisible::without(text);
    visible.split(is_around).find_map(|piece| {
        let (local, domain) = piece.split_once('@')?;
        let end = domain.find(|c: char| !(c.is_alphanumeric() || ['-', '_', '.'].contains(&c)));
        let domain = domain[..end.unwrap_or(domain.len())].trim_end_matches('.');
        let address = format!("{}@{domain}", local.trim_start_matches(['.', '\'']));
        let address = sent(&address).into_owned();
        broken_rule(&address).is_none().then_some(address)
    })
}

/// The address without its usual mistake. Of several addresses, none.
pub fn repaired(text: &str) -> Option<String> {
    let address = sent(text.trim());
    let (flaw, inner) = mistake(&address)?;
    (flaw != Flaw::Several).then(|| sent(inner.trim()).into_owned())
}

/// The name of a usual mistake, or else the rule that the address breaks.
fn flaw(address: &str, rule: String) -> Flaw {
    match mistake(address) {
        Some((flaw, _)) => flaw,
        None if address.len() > ADDRESS_BYTES_MAX => Flaw::TooLong,
        None => Flaw::Malformed(rule),
    }
}

/// A text has no more usual mistakes at once: `Ann <mailto:ann@example.com>;`.
const MISTAKES_MAX: usize = 4;

/// The first of the usual mistakes, and what would be an address without all of them.
fn mistake(address: &str) -> Option<(Flaw, &str)> {
    let addresses = addresses(address);
    let is_one = addresses.iter().all(|one| one.eq_ignore_ascii_case(addresses[0]));
    let (mut first, mut rest) = (None, address);
    for _ in 0..MISTAKES_MAX {
        let Some((flaw, inner)) = without_mistake(rest).filter(|_| is_one) else { break };
        first.get_or_insert(flaw);
        rest = inner.trim();
        if broken_rule(&sent(rest)).is_none() {
            return first.map(|flaw| (flaw, rest));
        }
    }
    (addresses.len() > 1).then_some((Flaw::Several, ""))
}

/// What stands in a text for addresses, each without what mail programs put around one.
fn addresses(text: &str) -> Vec<&str> {
    let is_between =
        |letter: char| letter.is_whitespace() || [',', ';', '<', '>'].contains(&letter);
    let parts = text.split(is_between).filter(|part| part.contains('@'));
    parts.map(|part| without_scheme(part).unwrap_or(part)).collect()
}

fn without_scheme(text: &str) -> Option<&str> {
    let scheme = text.get(..7).filter(|start| start.eq_ignore_ascii_case("mailto:"))?;
    text[scheme.len()..].split('?').next()
}

/// One usual mistake, and what is left without it.
fn without_mistake(text: &str) -> Option<(Flaw, &str)> {
    if let Some(last) = text.chars().next_back().filter(|last| ['.', ',', ';'].contains(last)) {
        return Some((Flaw::TrailingCharacter(last), &text[..text.len() - 1]));
    }
    let named = text.strip_suffix('>').and_then(|text| text.rsplit_once('<'));
    if let Some((_, inner)) = named {
        return Some((Flaw::WithName, inner));
    }
    without_scheme(text).map(|inner| (Flaw::Link, inner))
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
    if local.is_empty() {
        return Some("nothing stands before the @".into());
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

/// The vendor's check of 2013 allowed six letters; top-level domains have grown longer since.
fn is_last_label(label: &str) -> bool {
    let is_word = label.len() >= 2 && label.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_word || label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(PUNYCODE))
}

#[cfg(test)]
mod tests;
