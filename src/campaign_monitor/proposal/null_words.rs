//! Words that programs and people write where they have no value.

use crate::campaign_monitor::invisible;

/// In lower case; what people call missing (`n/a`), what databases write (`NULL`, `\N`), and what spreadsheets show.
const WORDS: [&str; 19] = [
    "null",
    "(null)",
    "<null>",
    "nil",
    "none",
    "nan",
    "n/a",
    "#n/a",
    "na",
    "n.a.",
    "undefined",
    "\\n",
    "-",
    "--",
    "---",
    "–",
    "—",
    ".",
    "?",
];

/// Whether a value most likely stands for nothing. It is only asked, never taken for nothing by itself.
#[must_use]
pub fn is_null_word(value: &str) -> bool {
    let value = invisible::without(value);
    value.len() <= 9 && WORDS.contains(&value.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_stand_for_nothing_are_known_in_any_case() {
        for word in ["NULL", "null", "N/A", "\\N", "-", " – ", "#N/A", "None"] {
            assert!(is_null_word(word), "{word}");
        }
        for word in ["0", "Null & Sons", "x", "unknown", "-1", ""] {
            assert!(!is_null_word(word), "{word}");
        }
    }
}
