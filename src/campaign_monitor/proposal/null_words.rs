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

/// Bytes of the longest word.
const LONGEST: usize = 9;

/// Whether a value most likely stands for nothing. It is only asked, never taken for nothing by itself.
#[must_use]
pub fn is_null_word(value: &str) -> bool {
    let value = invisible::without(value);
    let is_word = value.len() <= LONGEST && WORDS.contains(&value.to_lowercase().as_str());
    is_word || is_zero_date(&value)
}

/// As databases write a date that is not known: `0000-00-00`, `00.00.0000 00:00:00`.
fn is_zero_date(value: &str) -> bool {
    let zeros = value.bytes().filter(|byte| *byte == b'0').count();
    let is_apart = value.contains(['-', '/', '.']);
    zeros >= 8 && is_apart && value.bytes().all(|byte| b"0-/.: T".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_stand_for_nothing_are_known_in_any_case() {
        for word in [
            "NULL",
            "null",
            "N/A",
            "\\N",
            "-",
            " – ",
            "#N/A",
            "None",
            "0000-00-00",
            "00.00.0000 00:00:00",
        ] {
            assert!(is_null_word(word), "{word}");
        }
        for word in ["0", "Null & Sons", "x", "unknown", "-1", "", "00000000", "0000-00-01"] {
            assert!(!is_null_word(word), "{word}");
        }
    }
}
