//! What separates the values of a file, when it is not the delimiter of its reader: never guessed, only reported.

use super::{super::field::CUSTOMER_ID, dialect::Delimiter};

/// A delimiter, its name, and how it stands in an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Separator {
    pub(in super::super) character: char,
    pub(in super::super) name: &'static str,
    pub(in super::super) encoded: &'static str,
}

const SEPARATORS: [Separator; 4] = [
    Separator { character: ';', name: "semicolons", encoded: "%3B" },
    Separator { character: '\t', name: "tabs", encoded: "%09" },
    Separator { character: ',', name: "commas", encoded: "%2C" },
    Separator { character: '|', name: "vertical bars", encoded: "%7C" },
];

/// What seems to separate the names in a header, when it is not `told`.
pub(in super::super) fn separator(header: &str, told: Delimiter) -> Option<Separator> {
    let told = char::from(told.0);
    if has_customer_id(header, told) {
        return None;
    }
    let mut others = SEPARATORS.into_iter().filter(|other| other.character != told);
    let fits = others.clone().find(|other| has_customer_id(header, other.character));
    let may_fit = |other: &Separator| !header.contains(told) && header.contains(other.character);
    fits.or_else(|| others.find(may_fit))
}

fn has_customer_id(header: &str, delimiter: char) -> bool {
    let mut names = header.split(delimiter).map(|name| name.trim().trim_matches('"').trim());
    names.any(|name| name.eq_ignore_ascii_case(CUSTOMER_ID))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_separator_is_named_only_when_the_header_shows_it() {
        for (header, told, expected) in [
            ("CustomerId;Email", b',', Some("semicolons")),
            ("\"CustomerId\";\"Email, work\"", b',', Some("semicolons")),
            ("Email\tcustomerid", b',', Some("tabs")),
            ("CustomerId,Email", b';', Some("commas")),
            ("Klients;E-pasts", b',', Some("semicolons")),
            ("CustomerId,Email;Work", b',', None),
            ("Id,Email;Work", b',', None),
            ("CustomerId", b',', None),
            ("", b',', None),
        ] {
            let found = separator(header, Delimiter(told)).map(|found| found.name);
            assert_eq!(found, expected, "{header}");
        }
    }
}
