//! Numbers as people write them: which have the marks of a format.

use super::super::values::{Form, NumberFormat};
use super::{ProposedFormat, ProposedNumber};

impl ProposedNumber {
    pub(super) fn with_form(self) -> (ProposedFormat, Form) {
        let form = Form::Number(NumberFormat { decimal: self.decimal, group: Some(self.group) });
        (ProposedFormat::Number(self), form)
    }

    /// Whether the groups have three digits, and all else are digits too.
    pub(super) fn has_form_of(self, value: &str) -> bool {
        let digits = value.strip_prefix('-').unwrap_or(value);
        let (integer, decimals) = match digits.split_once(self.decimal) {
            Some((integer, decimals)) => (integer, Some(decimals)),
            None => (digits, None),
        };
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let mut groups = integer.split(|letter| self.is_group(letter));
        let first = groups.next().unwrap_or_default();
        let rest: Vec<&str> = groups.collect();
        let is_grouped = rest.iter().all(|group| group.len() == 3 && is_number(group));
        let fits = rest.is_empty() || first.len() <= 3;
        is_number(first) && is_grouped && fits && decimals.is_none_or(is_number)
    }

    /// Blanks between groups are often those at which no line breaks.
    fn is_group(self, letter: char) -> bool {
        letter == self.group || (self.group == ' ' && matches!(letter, '\u{a0}' | '\u{202f}'))
    }
}
