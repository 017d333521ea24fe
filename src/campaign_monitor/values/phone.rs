//! Mobile numbers in E.164: completed with the country of the mapping, and valid where they belong.
//!
//! What a number looks like in each country is known by Google's libphonenumber. It reads anything that resembles a
//! number, also words and the first of two numbers. So only what can be nothing but one number comes to it.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};

use crate::campaign_monitor::invisible::is_invisible;

/// A longer text is no number, whatever it is: reading it would take long. Invisible characters have room.
const BYTES_MAX: usize = 250;
/// Digits before a slash at most: those of a code of an area, with that of its country.
const AREA_DIGITS_MAX: usize = 7;

/// The country of numbers that do not name theirs.
#[derive(Clone, Copy, Debug)]
pub struct PhoneCountry(Region);

impl PhoneCountry {
    /// By its two letters of ISO 3166-1; `None` when there is none, or no numbers of it are known.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        let is_code = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        let region = Region::try_from(code).ok().filter(|_| is_code)?;
        PHONE_NUMBER_UTIL
            .get_supported_regions()
            .any(|known| known == region)
            .then_some(Self(region))
    }
}

/// A mobile number in E.164; `None` when the text is no valid number, one of a country that nobody names, or could be
/// two numbers.
pub fn mobile_number(text: &str, country: Option<PhoneCountry>) -> Option<String> {
    if text.len() > BYTES_MAX {
        return None;
    }
    let visible: String = text.chars().filter(|letter| !is_invisible(*letter)).collect();
    let visible = visible.trim();
    if !is_one_number(visible) {
        return None;
    }
    // What stands between the digits adds nothing to them, and costs the library most of its time.
    let digits: String = visible.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let number = valid(&digits, country)?;
    let is_ambiguous = country
        .is_some_and(|country| country.with_code(visible).is_some_and(|other| other != number));
    (!is_ambiguous).then_some(number)
}

fn valid(text: &str, country: Option<PhoneCountry>) -> Option<String> {
    let region = country.map(|country| country.0);
    let number = PHONE_NUMBER_UTIL.parse(text, region).ok()?;
    let is_valid = number.extension.is_none() && PHONE_NUMBER_UTIL.is_valid_number(&number);
    is_valid.then(|| PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned())
}

impl PhoneCountry {
    /// The number when its first digits are the calling code of this country, whose plus is missing.
    fn with_code(self, text: &str) -> Option<String> {
        let code = PHONE_NUMBER_UTIL.get_country_code_for_region(self.0)?.to_string();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let is_with_code = !text.starts_with('+') && digits.starts_with(&code);
        is_with_code.then(|| valid(&format!("+{digits}"), None))?
    }
}

/// Whether the text has nothing but digits and what people put between them, a plus only before them.
fn is_one_number(text: &str) -> bool {
    let is_known =
        |letter: char| letter.is_ascii_digit() || letter == '+' || is_between_digits(letter);
    let plus =
        text.rfind('+').is_none_or(|plus| !text[..plus].contains(|c: char| c.is_ascii_digit()));
    text.chars().all(is_known)
        && plus
        && slash_is_behind_an_area(text)
        && !is_amount(text)
        && !is_day(text)
}

/// A number to count with: `1701234567.0` has one digit too many, `-20000000` a sign.
fn is_amount(text: &str) -> bool {
    let is_decimal = text.rsplit_once('.').is_some_and(|(integer, fraction)| {
        let is_run = integer.trim_start_matches('+').bytes().all(|byte| byte.is_ascii_digit());
        let zeros = fraction.bytes().all(|byte| byte == b'0');
        fraction.len() == 1 || (is_run && zeros)
    });
    is_decimal || text.starts_with(['-', '\u{2212}'])
}

/// A day, in whatever order: `2024-01-15`, `15.01.2024`.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['-', '.', '/']).collect();
    let [first, month, last] = parts[..] else { return false };
    let is =
        |part: &str, most: u16| part.parse().is_ok_and(|number: u16| (1..=most).contains(&number));
    let is_year = |part: &str| part.len() == 4 && is(part, 2999) && !part.starts_with('0');
    let are_day_and_month =
        |one: &str, other: &str| (is(one, 31) && is(other, 12)) || (is(one, 12) && is(other, 31));
    (is_year(first) && are_day_and_month(month, last))
        || (is_year(last) && are_day_and_month(first, month))
}

const fn is_between_digits(letter: char) -> bool {
    let is_dash = matches!(letter, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    is_dash || letter.is_whitespace() || matches!(letter, '.' | '(' | ')' | '/')
}

/// `030/1234567` is one number, `030 123456/7` are two.
fn slash_is_behind_an_area(text: &str) -> bool {
    let Some((area, _)) = text.split_once('/') else { return true };
    let digits = area.bytes().filter(u8::is_ascii_digit).count();
    let begins = area.trim_start_matches(['(', ' ']).starts_with(['+', '0']);
    begins && digits <= AREA_DIGITS_MAX && text.matches('/').count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of every country, good and bad, and what the Python package `phonenumbers` makes of them.
    const NUMBERS: &str = include_str!("../../../tests/fixtures/phone_numbers.tsv");

    fn sent(text: &str, country: &str) -> Option<String> {
        mobile_number(text, PhoneCountry::of(country))
    }

    #[test]
    fn a_text_that_is_too_long_for_any_number_is_none() {
        let number = format!("+371{}20000000", " ".repeat(200));
        assert_eq!(sent(&number, "").as_deref(), Some("+37120000000"));
        for text in [format!("+371{}20000000", " ".repeat(300)), "1".repeat(600_000)] {
            assert_eq!(sent(&text, "LV"), None);
        }
    }

    #[test]
    fn a_number_is_sent_in_e164_as_its_country_writes_it() {
        for (text, country, expected) in [
            ("+371 2000-0000", "", Some("+37120000000")),
            ("+371\u{a0}2000\u{200b}0000", "", Some("+37120000000")),
            ("+44 (0)20 7946 0958", "", Some("+442079460958")),
            ("+39 06 698 12345", "", Some("+390669812345")),
            ("20000000", "LV", Some("+37120000000")),
            ("00 371 20000000", "LV", Some("+37120000000")),
            ("(020) 7946 0958", "GB", Some("+442079460958")),
            ("030/23125000", "DE", Some("+493023125000")),
            ("20000000", "", None),
            ("20000000", "GB", None),
            ("+371 200000", "", None),
            ("+0123456789", "", None),
            ("+49 30 9018200000000000", "", None),
        ] {
            assert_eq!(sent(text, country).as_deref(), expected, "{text} {country}");
        }
    }

    #[test]
    fn a_number_to_count_with_or_a_day_is_no_telephone_number() {
        for (text, country) in [
            ("+491701234567.0", "DE"),
            ("1701234567.0", "DE"),
            ("1701234567.00", "DE"),
            ("6641234567.0", "AT"),
            ("20000000.0", "LV"),
            ("2000000.5", "LV"),
            ("-20000000", "LV"),
            ("2024-01-15", "DE"),
            ("2024/01/15", "DE"),
            ("15.01.2024", "DE"),
            ("20-12-2000", "LV"),
        ] {
            assert_eq!(sent(text, country), None, "{text} {country}");
        }
        assert_eq!(sent("0170.123.4567", "DE").as_deref(), Some("+491701234567"));
        assert_eq!(sent("555.20.12", "LV"), None);
    }

    #[test]
    fn digits_that_may_begin_with_the_code_of_the_country_or_of_an_area_are_ambiguous() {
        assert_eq!(sent("49 170 1234567", "DE"), None);
        assert_eq!(sent("491701234567", "DE"), None);
        assert_eq!(sent("+49 170 1234567", "DE").as_deref(), Some("+491701234567"));
        assert_eq!(sent("0049 170 1234567", "DE").as_deref(), Some("+491701234567"));
        assert_eq!(
            sent("371 20000000", "LV").as_deref(),
            Some("+37120000000"),
            "it is nothing else"
        );
    }

    #[test]
    fn what_may_be_anything_but_one_number_is_none() {
        for text in [
            "+371 20000000 ext. 5",
            "+371 20000000 x5",
            "+371 20000000#5",
            "+371 20000000;ext=5",
            "+371 20000000, +371 20000001",
            "+371 20000000 / 20000001",
            "+371 20000000+37120000001",
            "+49 30 2312500/1",
            "+1 800 FLOWERS",
            "tel:+37120000000",
            "n/a",
            "+",
            "",
        ] {
            assert_eq!(sent(text, "LV"), None, "{text}");
        }
    }

    #[test]
    fn numbers_of_every_country_are_read_as_the_usual_library_reads_them_unless_they_are_ambiguous()
    {
        let rows = NUMBERS.lines().filter(|line| !line.starts_with('#'));
        let (mut count, mut ambiguous) = (0, 0);
        for row in rows {
            let [country, text, expected] = row.splitn(3, '\t').collect::<Vec<_>>()[..] else {
                panic!("{row} has three columns");
            };
            let other = PhoneCountry::of(country).and_then(|country| country.with_code(text));
            let is_ambiguous = other.is_some_and(|other| !expected.is_empty() && other != expected);
            let expected = if is_ambiguous { "" } else { expected };
            assert_eq!(sent(text, country).unwrap_or_default(), expected, "{row}");
            count += 1;
            ambiguous += u32::from(is_ambiguous);
        }
        assert!(count > 500 && ambiguous < 10, "{count} numbers, {ambiguous} of them ambiguous");
    }

    #[test]
    fn a_country_is_named_by_its_two_letters() {
        assert!(PhoneCountry::of("LV").is_some());
        for code in ["lv", "LVA", "XX", "", "ZZ", "001"] {
            assert!(PhoneCountry::of(code).is_none(), "{code}");
        }
    }
}
