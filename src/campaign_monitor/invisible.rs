//! Characters that nobody sees: copied from web pages and documents, they make a value another one than it looks.

use std::borrow::Cow;

/// Of no width, as `Default_Ignorable_Code_Point` of Unicode has them: soft hyphens, joiners, fillers, marks of
/// direction, variants and tags, byte order marks. The empty pattern of Braille looks like a blank.
pub const fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// A text without what nobody sees, and without blanks of any kind around it.
pub fn without(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.contains(is_invisible) {
        return Cow::Borrowed(text.trim());
    }
    let visible: String = text.chars().filter(|letter| !is_invisible(*letter)).collect();
    Cow::Owned(visible.trim().to_owned())
}

/// A character, or its number where it cannot be seen.
pub fn shown(letter: char) -> String {
    if is_hidden(letter) { format!("U+{:04X}", u32::from(letter)) } else { letter.to_string() }
}

/// A text in which every character can be seen.
pub fn all_shown(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let show = |letter| {
        if is_hidden(letter) { format!("<{}>", shown(letter)) } else { String::from(letter) }
    };
    Cow::Owned(text.chars().map(show).collect())
}

fn is_hidden(letter: char) -> bool {
    is_invisible(letter) || letter.is_control() || (letter.is_whitespace() && letter != ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_goes_or_is_shown_by_its_number() {
        assert_eq!(without("\u{feff}Gold\u{200b} \u{a0}"), "Gold");
        assert_eq!(without("na\u{ef}ve"), "na\u{ef}ve");
        assert_eq!(all_shown("a\u{200b}b\tc d"), "a<U+200B>b<U+0009>c d");
    }
}
