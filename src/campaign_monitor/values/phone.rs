//! Mobile numbers in E.164: completed with the country of the mapping, and valid where they belong.
//!
//! What a number looks like in each country is known by Google's libphonenumber. It reads anything that resembles a
//! number, also words and the first of two numbers. So only what can be nothing but one number comes to it.

mod numbering;
mod reading;
mod table;

use std::borrow::Cow;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};

use self::reading::CODE_DIGITS_MAX;
use crate::campaign_monitor::invisible;

/// A longer text is no number, whatever it is: reading it would take long. Invisible characters have room.
const BYTES_MAX: usize = 250;
/// Digits before a slash at most: those of a code of an area, with that of its country.
const AREA_DIGITS_MAX: usize = 7;

/// The country of numbers that do not name theirs, and its calling code.
#[derive(Clone, Copy, Debug)]
pub struct PhoneCountry {
    region: Region,
    calling_code: usize,
}

impl PhoneCountry {
    /// By its two letters of ISO 3166-1; `None` when there is none, or no numbers of it are known.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        let is_code = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        let region = Region::try_from(code).ok().filter(|_| is_code)?;
        let calling_code = PHONE_NUMBER_UTIL.get_country_code_for_region(region)?;
        Some(Self { region, calling_code: calling_code.try_into().ok()? })
    }
}

/// A mobile number in E.164; `None` when the text is no valid number, one of a country that nobody names, or could be
/// two numbers.
pub fn mobile_number(text: &str, country: Option<PhoneCountry>) -> Option<String> {
    if text.len() > BYTES_MAX {
        return None;
    }
    let visible = invisible::without(text);
    if !is_one_number(&visible) {
        return None;
    }
    // What stands between the digits adds nothing to them, and costs the library most of its time.
    let digits = digits_of(&visible);
    let number = valid(&digits, country)?;
    let is_ambiguous = country
        .is_some_and(|country| country.with_code(&digits).is_some_and(|other| other != number));
    (!is_ambiguous).then_some(number)
}

/// The digits of a text, and its plus.
fn digits_of(text: &str) -> Cow<'_, str> {
    let is_digit = |letter: char| letter.is_ascii_digit() || letter == '+';
    if text.chars().all(is_digit) {
        return Cow::Borrowed(text);
    }
    let mut digits = String::with_capacity(text.len());
    digits.extend(text.chars().filter(|letter| is_digit(*letter)));
    Cow::Owned(digits)
}

fn valid(digits: &str, country: Option<PhoneCountry>) -> Option<String> {
    let named = country.map(|country| (country.region, country.calling_code));
    reading::e164(digits, named).unwrap_or_else(|_| valid_by_library(digits, country))
}

fn valid_by_library(digits: &str, country: Option<PhoneCountry>) -> Option<String> {
    let region = country.map(|country| country.region);
    let number = PHONE_NUMBER_UTIL.parse(digits, region).ok()?;
    let is_valid = number.extension.is_none() && PHONE_NUMBER_UTIL.is_valid_number(&number);
    is_valid.then(|| PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned())
}

impl PhoneCountry {
    /// The number when its first digits are the calling code of this country, whose plus is missing.
    fn with_code(self, digits: &str) -> Option<String> {
        let begins = |length| digits.get(..length).map(str::parse) == Some(Ok(self.calling_code));
        let is_with_code = !digits.starts_with(['+', '0']) && (1..=CODE_DIGITS_MAX).any(begins);
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
    let mut parts = text.split(['-', '.', '/']);
    let three = [parts.next(), parts.next(), parts.next()];
    let ([Some(first), Some(month), Some(last)], None) = (three, parts.next()) else {
        return false;
    };
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
mod tests;
