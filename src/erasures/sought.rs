//! Tells whether a value names somebody who is to be erased.

use std::collections::HashSet;

use super::people::{People, normalized};
use crate::campaign_monitor::address;

/// The people of one erasure, found by their addresses and ids. All of them are sought in one pass.
#[derive(Debug, Default)]
pub struct Sought {
    emails: HashSet<String>,
    customer_ids: HashSet<String>,
}

impl Sought {
    /// The same people, to be found in one step each.
    #[must_use]
    pub fn of(people: &People) -> Self {
        let People { emails, customer_ids } = people.clone();
        Self {
            emails: emails.into_iter().collect(),
            customer_ids: customer_ids.into_iter().collect(),
        }
    }

    /// Whether a text is the address of one of them, or names one as in `Ann <ann@example.com>`.
    #[must_use]
    pub fn is_address(&self, text: &str) -> bool {
        if self.emails.is_empty() || !text.contains('@') {
            return false;
        }
        let is_meant =
            || address::meant(text).is_some_and(|one| self.emails.contains(&normalized(&one)));
        self.emails.contains(&normalized(text)) || is_meant()
    }

    /// Whether it is the `CustomerId` of one of them.
    #[must_use]
    pub fn is_id(&self, text: &str) -> bool {
        self.customer_ids.contains(text.trim())
    }

    /// Whether a row with this id and these other texts is of one of them.
    #[must_use]
    pub fn is_row<'a>(&self, id: &str, mut texts: impl Iterator<Item = &'a str>) -> bool {
        self.is_id(id) || texts.any(|text| self.is_address(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sought() -> Sought {
        let one = |text: &str| [text.to_owned()].into();
        Sought::of(&People { emails: one("ann@example.com"), customer_ids: one("17") })
    }

    #[test]
    fn an_address_is_known_in_any_case_and_within_a_text_and_never_as_a_part_of_another() {
        for text in [
            "ann@example.com",
            " Ann@EXAMPLE.com ",
            "Ann <ann@example.com>",
            "mailto:ann@example.com",
        ] {
            assert!(sought().is_address(text), "{text}");
        }
        for text in ["joann@example.com", "ann@example.com.lv", "ann", "17", "", "@"] {
            assert!(!sought().is_address(text), "{text}");
        }
    }

    #[test]
    fn an_id_is_known_in_its_letters() {
        assert!(sought().is_row("17", [].into_iter()));
        assert!(!sought().is_row("18", ["17"].into_iter()));
        assert!(sought().is_row("18", ["x", "ann@example.com"].into_iter()));
    }
}
