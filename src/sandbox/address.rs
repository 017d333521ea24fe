//! E-mail addresses: which ones Campaign Monitor accepts, and the key under which a list stores them.

use std::borrow::Cow;

use xxhash_rust::xxh3::xxh3_128;

/// The identity of an address: 128 bits of xxh3 over the address in lower case.
///
/// Two `u64` instead of one `u128`, so that an index entry needs 24 bytes and not 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key([u64; 2]);

impl Key {
    pub fn of(address: &str) -> Self {
        let hash = xxh3_128(lower_case(address).as_bytes()).to_le_bytes();
        let (low, high) = hash.split_at(8);
        let word = |half: &[u8]| u64::from_le_bytes(half.try_into().expect("half of 16 bytes"));
        Self([word(low), word(high)])
    }

    /// The hash as one number, for sums that do not depend on the order.
    pub fn as_u128(self) -> u128 {
        u128::from(self.0[1]) << 64 | u128::from(self.0[0])
    }
}

fn lower_case(address: &str) -> Cow<'_, str> {
    if address.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(address.to_ascii_lowercase())
    } else {
        Cow::Borrowed(address)
    }
}

/// Whether Campaign Monitor would accept this address.
///
/// The rule of the vendor's Objective-C library, in words: "common formats and not the full range
/// of RFC compliant addresses". In 2013 its last label had two to six letters; here it has two to
/// 63, or is an internationalised one (`xn--…`).
pub fn is_valid(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else {
        return false;
    };
    let Some((labels, last)) = domain.rsplit_once('.') else {
        return false;
    };
    address.len() <= 254
        && local.split('.').all(is_atom)
        && labels.split('.').all(is_label)
        && is_top_level(last)
}

fn is_atom(word: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    !word.is_empty() && word.bytes().all(allowed)
}

fn is_label(label: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !label.is_empty() && label.len() <= 63 && label.bytes().all(allowed)
}

fn is_top_level(label: &str) -> bool {
    let letters = (2..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphabetic());
    let international = label.get(..4).is_some_and(|p| p.eq_ignore_ascii_case("xn--"));
    letters || (international && label.len() > 4 && is_label(label))
}

/// Whether this is a telephone number in E.164: a plus, then seven to fifteen digits.
pub fn is_mobile_number(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_addresses_are_accepted_and_uncommon_ones_are_rejected() {
        for good in [
            "a@example.com",
            "o'brien+coffee@mail.example.co.uk",
            "x@under_score.example.photography",
            "x@example.xn--p1ai",
        ] {
            assert!(is_valid(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@",
            "@example.com",
            "a@example",
            "example+1@example",
            "a.@example.com",
            ".a@example.com",
            "a..b@example.com",
            "a@b@example.com",
            "a b@example.com",
            "a@example.c",
            "a@example.c0m",
            "\"a\"@example.com",
            "a@[127.0.0.1]",
            "ä@example.com",
            "a@.com",
            "a@example.com ",
            "a@example..com",
        ] {
            assert!(!is_valid(bad), "{bad}");
        }
    }

    #[test]
    fn the_case_of_an_address_does_not_matter_to_its_key() {
        assert_eq!(Key::of("Ada@Example.COM"), Key::of("ada@example.com"));
        assert_ne!(Key::of("ada@example.com"), Key::of("bob@example.com"));
    }
}
