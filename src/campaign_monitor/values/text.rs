//! Texts: anything, up to 250 characters.

use std::borrow::Cow;

use super::fit::Fit;

/// Characters that the value of a custom field may have.
pub(crate) const VALUE_CHARS_MAX: usize = 250;

pub(super) fn fit(value: &str) -> Fit<'_> {
    // A text of so few bytes has no more characters, and that is the usual case.
    if value.len() <= VALUE_CHARS_MAX {
        return Fit::Complete(Cow::Borrowed(value));
    }
    match value.char_indices().nth(VALUE_CHARS_MAX) {
        None => Fit::Complete(Cow::Borrowed(value)),
        Some((end, _)) => Fit::Cut(&value[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_at_250_characters_not_bytes() {
        let long = "é".repeat(250);
        assert_eq!(fit(&long), Fit::Complete(Cow::Borrowed(long.as_str())));
        let longer = format!("{long}𠮷");
        assert_eq!(fit(&longer), Fit::Cut(&long));
    }

    #[test]
    fn a_text_is_sent_as_it_is() {
        for text in ["R&amp;D", "007", "9223372036854775807", " a  b "] {
            assert_eq!(fit(text), Fit::Complete(Cow::Borrowed(text)));
        }
    }
}
