//! Which e-mail addresses Campaign Monitor accepts.
//!
//! It "supports common formats and not the full range of RFC compliant addresses" (the vendor's own
//! Objective-C client, whose check this follows): the usual atom characters and single dots, one `@`,
//! and labels of letters, digits, `-` and `_`, the last one of letters. No quotes, no IP literals.

/// The longest address that mail can be sent to (RFC 5321 with its erratum 1690).
const ADDRESS_BYTES_MAX: usize = 254;
const LOCAL_BYTES_MAX: usize = 64;
const LABEL_BYTES_MAX: usize = 63;

/// What is wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    Missing,
    /// It has a form that Campaign Monitor does not accept.
    Malformed,
    /// It is longer than 254 characters.
    TooLong,
}

/// The address without blanks around it, or what is wrong with it.
pub fn check(text: &str) -> Result<&str, Flaw> {
    let address = text.trim();
    if address.is_empty() {
        return Err(Flaw::Missing);
    }
    if address.len() > ADDRESS_BYTES_MAX {
        return Err(Flaw::TooLong);
    }
    let (local, domain) = address.split_once('@').ok_or(Flaw::Malformed)?;
    if is_local(local) && is_domain(domain) { Ok(address) } else { Err(Flaw::Malformed) }
}

fn is_local(local: &str) -> bool {
    local.len() <= LOCAL_BYTES_MAX
        && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom))
}

const fn is_atom(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'/'
                | b'='
                | b'?'
                | b'^'
                | b'_'
                | b'`'
                | b'{'
                | b'|'
                | b'}'
                | b'~'
        )
}

fn is_domain(domain: &str) -> bool {
    let Some((labels, last)) = domain.rsplit_once('.') else {
        return false;
    };
    labels.split('.').all(is_label) && is_last_label(last)
}

fn is_label(label: &str) -> bool {
    (1..=LABEL_BYTES_MAX).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The vendor's check of 2013 allowed six letters; top-level domains have grown longer since.
fn is_last_label(label: &str) -> bool {
    let is_word = label.len() >= 2 && label.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_label(label) && (is_word || label.starts_with("xn--"))
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
        ] {
            assert_eq!(check(address), Ok(address));
        }
        assert_eq!(check("  ann@example.com\t"), Ok("ann@example.com"));
    }

    #[test]
    fn broken_addresses_are_named() {
        let long = format!("a@{}.example", "b".repeat(300));
        for (address, flaw) in [
            ("", Flaw::Missing),
            (" ", Flaw::Missing),
            ("ann", Flaw::Malformed),
            ("ann@example", Flaw::Malformed),
            ("ann@@example.com", Flaw::Malformed),
            (".ann@example.com", Flaw::Malformed),
            ("ann.@example.com", Flaw::Malformed),
            ("an..n@example.com", Flaw::Malformed),
            ("ann lee@example.com", Flaw::Malformed),
            ("\"ann\"@example.com", Flaw::Malformed),
            ("ann@[127.0.0.1]", Flaw::Malformed),
            ("ann@example.c", Flaw::Malformed),
            ("ann@example.123", Flaw::Malformed),
            ("анна@example.com", Flaw::Malformed),
            (&long, Flaw::TooLong),
        ] {
            assert_eq!(check(address), Err(flaw), "{address}");
        }
    }
}
