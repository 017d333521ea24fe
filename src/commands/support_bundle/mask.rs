//! Replaces what looks like an address of e-mail. Logs and settings should have none but that of the sender of alerts;
//! who hands an archive on must not rely on it.

/// What stands in place of an address.
const MASK: &str = "…";

/// The text, without any word that holds an `@`. It keeps its lines and its punctuation.
pub(super) fn without_addresses(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    for piece in text.split_inclusive(is_border) {
        let word = piece.trim_end_matches(is_border);
        masked.push_str(if word.contains(['@', '＠']) || word.contains("%40") {
            MASK
        } else {
            word
        });
        masked.push_str(&piece[word.len()..]);
    }
    masked
}

fn is_border(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter, '"' | '\'' | '<' | '>' | '(' | ')' | ',' | ';' | '{' | '}' | '[' | ']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_replaced_wherever_they_stand_and_the_rest_stays() {
        for (text, masked) in [
            (r#"{"a":"ann@example.com","b":7}"#, r#"{"a":"…","b":7}"#),
            ("Exports <export@example.com>\nnext", "Exports <…>\nnext"),
            ("http://user:word@host/x y", "… y"),
            ("nothing\n\n", "nothing\n\n"),
            ("", ""),
        ] {
            assert_eq!(without_addresses(text), masked);
        }
    }
}
