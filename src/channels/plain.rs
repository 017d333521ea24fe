//! Texts of messages, which hold names that people give: without signs that turn the direction of what follows, and not
//! longer than every receiver accepts.

/// The text without signs of direction, cut to so many characters.
#[must_use]
pub fn plain(text: &str, most: usize) -> String {
    let kept: String = text.chars().filter(|letter| !is_directional(*letter)).collect();
    cut(&kept, most)
}

/// The text, or its beginning with an ellipsis.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{beginning}…")
}

/// The signs of Unicode's bidirectional algorithm (UAX #9, 2.1 to 2.5 and the marks): with one in a name, what follows
/// it would read backwards, or look like something else.
const fn is_directional(letter: char) -> bool {
    matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_turn_the_text_around_it_and_long_texts_are_cut() {
        assert_eq!(plain("List \u{202e}gpj.exe\u{2069}\u{200f}", 50), "List gpj.exe");
        assert_eq!(plain("רשימה", 50), "רשימה", "letters that are written so stay");
        assert_eq!(plain("abcdef", 4), "abc…");
        assert_eq!(plain("abcd", 4), "abcd");
    }
}
