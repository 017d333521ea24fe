//! Addresses as nearly all are: of ASCII letters, with nothing wrong. One pass over their bytes finds that out, since a
//! run checks each address more than once. All others are read by the rules, which can say what is wrong.

/// The longest address that mail can be sent to (RFC 5321 with its erratum 1690).
pub(super) const ADDRESS_BYTES_MAX: usize = 254;
/// The most letters before the @.
pub(super) const LOCAL_BYTES_MAX: usize = 64;
/// The most letters between two dots of a domain.
pub(super) const LABEL_BYTES_MAX: usize = 63;

/// May stand before the @.
const ATOM: u8 = 1;
/// May stand in a domain.
const LABEL: u8 = 2;

/// What each byte may be.
static KINDS: [u8; 256] = kinds();

const fn kinds() -> [u8; 256] {
    let mut kinds = [0; 256];
    let mut byte: u8 = 0;
    while byte.is_ascii() {
        let letter = byte as char;
        kinds[byte as usize] =
            if is_atom(letter) { ATOM } else { 0 } | if is_in_label(letter) { LABEL } else { 0 };
        byte += 1;
    }
    kinds
}

/// Whether a text is an address that is sent as it is. Some of which this is not true are addresses too.
pub(super) fn keeps_every_rule(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some(at) = bytes.iter().position(|byte| *byte == b'@') else { return false };
    let (local, domain) = (&bytes[..at], &bytes[at + 1..]);
    bytes.len() <= ADDRESS_BYTES_MAX
        && are_parts(local, ATOM, LOCAL_BYTES_MAX)
        && local.len() <= LOCAL_BYTES_MAX
        && are_parts(domain, LABEL, LABEL_BYTES_MAX)
        && ends_in_word(domain)
}

/// Whether it consists of parts with single dots between them.
fn are_parts(bytes: &[u8], kind: u8, most: usize) -> bool {
    let mut length = 0;
    for byte in bytes {
        let is_end = *byte == b'.';
        let is_good = if is_end { length > 0 } else { KINDS[usize::from(*byte)] & kind != 0 };
        if !is_good || length > most {
            return false;
        }
        length = if is_end { 0 } else { length + 1 };
    }
    (1..=most).contains(&length)
}

/// Whether a dot comes before the last part, which is a word.
fn ends_in_word(domain: &[u8]) -> bool {
    let Some(dot) = domain.iter().rposition(|byte| *byte == b'.') else { return false };
    let last = &domain[dot + 1..];
    last.len() >= 2 && last.iter().all(u8::is_ascii_alphabetic)
}

/// Whether a letter may stand in a part of a domain.
pub(super) const fn is_in_label(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '-' || letter == '_'
}

/// Whether a letter may stand before the @, beside dots.
pub(super) const fn is_atom(letter: char) -> bool {
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
