//! The mark of a value that its file cannot mean: `1.5` in a file that writes numbers as in `de-DE`.
//!
//! It travels in the value itself, since pages are cut and joined on their way. What shows a value removes it.

/// A zero byte, which no text of a file has, and a character that Unicode keeps for the inside of programs.
const MARK: &str = "\0\u{fdd0}";

/// The value with the mark.
pub(super) fn marked(value: &str) -> String {
    [MARK, value].concat()
}

/// The value without the mark, and whether it has one: then it is neither a number nor a day, whatever it looks like.
pub(crate) fn without_mark(text: &str) -> (&str, bool) {
    text.strip_prefix(MARK).map_or((text, false), |value| (value, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_off_and_nothing_else_does() {
        assert_eq!(without_mark(&marked("1.5")), ("1.5", true));
        for text in ["1.5", "", "\0", "\u{fdd0}1"] {
            assert_eq!(without_mark(text), (text, false));
        }
    }
}
