//! Numbers of cultures that have a comma before the fraction: `1.234,56`, `1 234,56`, `1,5E-05`.

use super::cultures::Groups;

/// The number with a point before its fraction and without groups; `None` where it is written so already, or is not a
/// number of the culture.
pub(super) fn read(groups: Groups, value: &str) -> Option<String> {
    let value = value.trim();
    let (sign, digits) = sign(value);
    let is_group = |letter| groups.has(letter);
    if !digits.contains(',') && !digits.contains(is_group) && !value.starts_with(MINUS) {
        return None;
    }
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => digits.split_at(at),
        None => (digits, ""),
    };
    let (integer, fraction) = match mantissa.split_once(',') {
        Some((integer, fraction)) => (integer, Some(fraction)),
        None => (mantissa, None),
    };
    let integer = without_groups(groups, integer)?;
    let is_number = fraction.is_none_or(is_digits) && is_exponent(exponent);
    let fraction = fraction.map(|fraction| format!(".{fraction}")).unwrap_or_default();
    is_number.then(|| format!("{sign}{integer}{fraction}{exponent}"))
}

/// Whether a value looks like a number with a point before its fraction, which none of these cultures writes.
pub(super) fn has_point(value: &str) -> bool {
    let is_part = |byte| matches!(byte, b'0'..=b'9' | b'.' | b'+' | b'-' | b'e' | b'E');
    let (_, digits) = sign(value.trim());
    digits.contains('.') && digits.bytes().all(is_part)
}

/// What some cultures write in place of a hyphen.
const MINUS: char = '\u{2212}';

fn sign(value: &str) -> (&str, &str) {
    match value.strip_prefix(['-', MINUS]) {
        Some(digits) => ("-", digits),
        None => ("", value),
    }
}

impl Groups {
    fn has(self, letter: char) -> bool {
        let is_blank = matches!(letter, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}');
        self.0.contains(if is_blank { ' ' } else { letter })
    }
}

/// Groups have three digits; the first one may have fewer, and never begins with a zero: `0.123` has no groups.
fn without_groups(groups: Groups, integer: &str) -> Option<String> {
    let Some(mark) = integer.chars().find(|letter| groups.has(*letter)) else {
        return is_digits(integer).then(|| integer.to_owned());
    };
    let parts: Vec<&str> = integer.split(mark).collect();
    let (first, others) = parts.split_first()?;
    let is_grouped = (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && others.iter().all(|group| group.len() == 3)
        && parts.iter().all(|group| is_digits(group));
    is_grouped.then(|| parts.concat())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_exponent(text: &str) -> bool {
    text.is_empty() || is_digits(text[1..].trim_start_matches(['+', '-']))
}

#[cfg(test)]
mod tests {
    use super::{super::cultures, *};

    fn read_in(culture: &str, value: &str) -> Option<String> {
        read(cultures::groups(culture).unwrap(), value)
    }

    #[test]
    fn a_comma_becomes_a_point_and_groups_go() {
        for (culture, value, expected) in [
            ("de-DE", "1.234,56", "1234.56"),
            ("de-DE", "1234,56", "1234.56"),
            ("de-DE", "-0,5", "-0.5"),
            ("de-DE", "1.234", "1234"),
            ("de-DE", "1.234.567", "1234567"),
            ("de-DE", "1,5E-05", "1.5E-05"),
            ("fr-FR", "1\u{202f}234\u{202f}567,8", "1234567.8"),
            ("lv-LV", "1\u{a0}234,5", "1234.5"),
            ("lv-LV", "1 234", "1234"),
            ("sv-SE", "\u{2212}5", "-5"),
            ("pt-PT", "1.234,5", "1234.5"),
            ("pt-PT", "1 234,5", "1234.5"),
        ] {
            assert_eq!(read_in(culture, value).as_deref(), Some(expected), "{culture} {value}");
        }
    }

    #[test]
    fn a_number_with_a_point_is_known_so_that_nobody_reads_it_as_one_of_the_culture() {
        for value in ["1.5", "-1.5", "\u{2212}0.5", " 1234.567 ", "1.5E-05", "+1.5", ".5"] {
            assert!(has_point(value), "{value}");
        }
        for value in ["1,5", "15", "1.5 €", "1.234,5,6", "01.02.1990 10:00", "many", ""] {
            assert!(!has_point(value), "{value}");
        }
    }

    #[test]
    fn what_is_plain_already_or_not_a_number_of_the_culture_stays_as_it_is() {
        for (culture, value) in [
            ("de-DE", "1234"),
            ("de-DE", "-5"),
            ("de-DE", "1.5"),
            ("de-DE", "0.123"),
            ("de-DE", "1234.567"),
            ("de-DE", "1,234.56"),
            ("de-DE", "1.23,4"),
            ("de-DE", "1,2,3"),
            ("de-DE", "1,"),
            ("de-DE", ",5"),
            ("de-DE", "1 234,5"),
            ("pt-PT", "1.234 567,8"),
            ("lv-LV", "1.234,5"),
            ("lv-LV", "1.5"),
            ("de-DE", "1,5 €"),
            ("de-DE", "1,5E"),
            ("de-DE", "many"),
            ("de-DE", ""),
        ] {
            assert_eq!(read_in(culture, value), None, "{culture} {value}");
        }
    }
}
