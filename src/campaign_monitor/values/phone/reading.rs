//! Reads a number that consists of nothing but digits as the library of telephone numbers does, by tables of its data.
//!
//! The library compares each number with some twenty expressions, which takes several microseconds. Where its answer
//! cannot be known from the tables with certainty, it is asked.

use rlibphonenumber::Region;

use super::numbering::{DIGITS_MAX, Numbering, is_calling_code, numbering, numberings};
use super::table::Undecided;

/// Digits that the library accepts as a number within a country.
const NATIONAL_DIGITS_MIN: usize = 2;
const NATIONAL_DIGITS_MAX: usize = 17;
/// Digits of the longest calling code.
pub const CODE_DIGITS_MAX: usize = 3;

/// So many zeros before a number, and the library leaves out the others.
const ZEROS_BEYOND: &str = "0000000000";

/// A number, apart from whether there is any like it.
struct Number<'a> {
    code: usize,
    national: &'a str,
}

/// The number in E.164, of digits with a plus before them or in this country; `None` when it is no valid one.
pub fn e164(text: &str, country: Option<(Region, usize)>) -> Result<Option<String>, Undecided> {
    let (digits, has_plus) = match text.strip_prefix('+') {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_plain || !(NATIONAL_DIGITS_MIN + 1..=DIGITS_MAX).contains(&digits.len()) {
        return Err(Undecided);
    }
    let number = match country {
        _ if has_plus => international(digits)?,
        Some((region, code)) => domestic(digits, numbering(region, code)?)?,
        None => return Ok(None),
    };
    let Some(Number { code, national }) = number else { return Ok(None) };
    if national.starts_with(ZEROS_BEYOND) {
        return Err(Undecided);
    }
    Ok(is_valid(code, national)?.then(|| format!("+{code}{national}")))
}

/// Digits that begin with a calling code.
fn international(digits: &str) -> Result<Option<Number<'_>>, Undecided> {
    if digits.len() <= NATIONAL_DIGITS_MIN || digits.starts_with('0') {
        return Err(Undecided);
    }
    for length in 1..=CODE_DIGITS_MAX {
        let (code, rest) = digits.split_at(length);
        let code = code.parse().map_err(|_| Undecided)?;
        if is_calling_code(code) {
            return national(main_numbering(code)?, rest);
        }
    }
    Err(Undecided)
}

fn main_numbering(code: usize) -> Result<&'static Numbering, Undecided> {
    numberings(code).next().unwrap_or(Err(Undecided))
}

/// Digits as they are dialled in a country.
fn domestic<'a>(digits: &'a str, country: &Numbering) -> Result<Option<Number<'a>>, Undecided> {
    if let Some(rest) = country.after_international(digits)? {
        return international(rest);
    }
    if let Some(rest) = digits.strip_prefix(&country.code_text) {
        let rest = country.without_national(rest)?;
        let is_better = !country.is_number(digits) && country.is_number(rest);
        if is_better || country.is_too_long(digits.len()) {
            return national(main_numbering(country.code)?, rest);
        }
    }
    national(country, digits)
}

/// Digits behind a calling code, or of this country.
fn national<'a>(country: &Numbering, digits: &'a str) -> Result<Option<Number<'a>>, Undecided> {
    if digits.len() < NATIONAL_DIGITS_MIN {
        return Ok(None);
    }
    let rest = country.without_national(digits)?;
    let national = if country.is_long_enough(rest.len()) { rest } else { digits };
    let is_number = (NATIONAL_DIGITS_MIN..=NATIONAL_DIGITS_MAX).contains(&national.len());
    Ok(is_number.then_some(Number { code: country.code, national }))
}

/// Whether a country with this calling code has such a number. The first one of them whose number it may be decides.
fn is_valid(code: usize, national: &str) -> Result<bool, Undecided> {
    let countries = numberings(code);
    let is_only_one = countries.len() == 1;
    for country in countries {
        let found = country?.inspect(national);
        if is_only_one || found.has_leading_digits || found.is_valid {
            return Ok(found.is_valid);
        }
    }
    Ok(false)
}
