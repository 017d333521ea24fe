//! Numbers: how they are written in the data, and in which form they are sent.

use std::borrow::Cow;

use super::fit::Fit;
use super::text::VALUE_CHARS_MAX;
use crate::campaign_monitor::invisible;
use crate::campaign_monitor::problem::ProblemCode;

/// No number is further from zero: that of the largest whole numbers of databases. The vendor names no limit.
const LARGEST: &str = "9223372036854775808";

const MINUS: char = '\u{2212}';

/// What stands before the fraction of a number, and between its thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberFormat {
    pub decimal: char,
    pub group: Option<char>,
}

impl Default for NumberFormat {
    fn default() -> Self {
        Self { decimal: '.', group: None }
    }
}

pub(super) fn fit(format: NumberFormat, value: &str) -> Fit<'_> {
    let value = with_hyphen(invisible::without(value));
    let plain = if format == NumberFormat::default() {
        Some(value)
    } else {
        plain(format, &value).map(Cow::Owned)
    };
    let Some(number) = plain.and_then(without_exponent) else {
        return Fit::Unfit(ProblemCode::NotANumber);
    };
    let is_kept = number.chars().count() <= VALUE_CHARS_MAX && is_in_range(&number);
    if is_kept { Fit::Complete(number) } else { Fit::Unfit(ProblemCode::OutOfRange) }
}

/// Sweden and others write a minus where the vendor reads a hyphen.
fn with_hyphen(value: Cow<'_, str>) -> Cow<'_, str> {
    match value.strip_prefix(MINUS) {
        Some(digits) => Cow::Owned(format!("-{digits}")),
        None => value,
    }
}

/// The number with a point before its fraction and without groups; `None` when its groups are not of three digits.
fn plain(format: NumberFormat, value: &str) -> Option<String> {
    let (integer, fraction) = match value.split_once(format.decimal) {
        Some((integer, fraction)) => (integer, Some(fraction)),
        None => (value, None),
    };
    let mut written = String::with_capacity(value.len());
    match format.group {
        Some(group) => push_without_groups(&mut written, integer, group)?,
        None => written.push_str(integer),
    }
    // A point is no digit here: only the one that is added now.
    if written.contains('.') || fraction.is_some_and(|fraction| fraction.contains('.')) {
        return None;
    }
    if let Some(fraction) = fraction {
        written.push('.');
        written.push_str(fraction);
    }
    Some(written)
}

/// Groups have three digits, the first one may have fewer and never begins with 0. India groups by two, but for the
/// last one, and only with commas.
fn push_without_groups(written: &mut String, integer: &str, group: char) -> Option<()> {
    let is_group = |letter| match group {
        ' ' => is_blank(letter),
        '\'' => matches!(letter, '\'' | '’'),
        group => letter == group,
    };
    let digits = integer.strip_prefix(['-', '+']).unwrap_or(integer);
    let groups: Vec<&str> = digits.split(is_group).collect();
    if let [first, middle @ .., last] = &groups[..]
        && !is_grouped(group, first, middle, last)
    {
        return None;
    }
    written.push_str(&integer[..integer.len() - digits.len()]);
    written.extend(groups);
    Some(())
}

fn is_grouped(mark: char, first: &str, middle: &[&str], last: &str) -> bool {
    // Else the `2e3` of `1.2e3` would be three digits of 12000.
    let are_digits = [first, last].iter().chain(middle).all(|group| is_digits(group));
    let have = |length: usize| middle.iter().all(|group| group.len() == length);
    let by_three = first.len() <= 3 && have(3);
    let by_two = mark == ',' && first.len() <= 2 && have(2);
    let is_first = !first.is_empty() && !first.starts_with('0');
    are_digits && is_first && last.len() == 3 && (by_three || by_two)
}

/// Blanks that people put between thousands: the usual one, and those that do not break a line.
const fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// The number written out, such as `1000` for `1e3`; `None` when it is none.
fn without_exponent(value: Cow<'_, str>) -> Option<Cow<'_, str>> {
    if is_plain(&value) {
        return Some(with_digits_around_point(value));
    }
    let (mantissa, exponent) = value.split_once(['e', 'E']).unwrap_or((&value, "0"));
    let mantissa = mantissa.strip_prefix('+').unwrap_or(mantissa);
    let exponent = read_exponent(exponent).filter(|_| is_plain(mantissa))?;
    let (sign, digits) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (integer, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    Some(Cow::Owned(format!("{sign}{}", shifted(integer, fraction, exponent))))
}

/// The power of ten; one that is too large to count is as large as they get, and the number is out of range.
fn read_exponent(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let largest = if text.starts_with('-') { i32::MIN } else { i32::MAX };
    is_digits(digits).then(|| text.parse().unwrap_or(largest))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The digits with the point moved; more zeros than a value may have are not written. Nothing moves zero.
fn shifted(integer: &str, fraction: &str, exponent: i32) -> String {
    if [integer, fraction].iter().all(|digits| digits.bytes().all(|digit| digit == b'0')) {
        return "0".into();
    }
    let bound = i32::try_from(VALUE_CHARS_MAX).unwrap_or(i32::MAX);
    let steps = exponent.clamp(-bound, bound).unsigned_abs() as usize;
    let zeros = "0".repeat(steps);
    let (integer, fraction) = if exponent >= 0 {
        let digits = format!("{fraction}{zeros}");
        (format!("{integer}{}", &digits[..steps]), digits[steps..].trim_end_matches('0').to_owned())
    } else {
        let digits = format!("{zeros}{integer}");
        let point = digits.len() - steps;
        (digits[..point].to_owned(), format!("{}{fraction}", &digits[point..]))
    };
    let integer = match integer.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    if fraction.is_empty() { integer.to_owned() } else { format!("{integer}.{fraction}") }
}

/// With a digit on both sides of its point: `0.5` for `.5`, and `12` for `12.`.
fn with_digits_around_point(value: Cow<'_, str>) -> Cow<'_, str> {
    let (sign, digits) = value.strip_prefix('-').map_or(("", &*value), |digits| ("-", digits));
    let digits = digits.strip_suffix('.').unwrap_or(digits);
    let zero = if digits.starts_with('.') { "0" } else { "" };
    if zero.is_empty() && sign.len() + digits.len() == value.len() {
        return value;
    }
    Cow::Owned(format!("{sign}{zero}{digits}"))
}

fn is_plain(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.bytes().filter(|byte| *byte == b'.').count() <= 1
}

fn is_in_range(number: &str) -> bool {
    let digits = number.trim_start_matches(['-', '0']);
    let integer = digits.split('.').next().unwrap_or_default();
    integer.len() < LARGEST.len() || (integer.len() == LARGEST.len() && integer <= LARGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(format: NumberFormat, value: &str) -> String {
        match fit(format, value) {
            Fit::Complete(value) => value.into_owned(),
            Fit::Cut(_) => "cut".into(),
            Fit::Unfit(code) => code.word().into(),
        }
    }

    #[test]
    fn a_number_is_sent_without_an_exponent_and_nothing_else_is_changed() {
        for (value, expected) in [
            ("12", "12"),
            ("-1.50", "-1.50"),
            ("1.234", "1.234"),
            ("007", "007"),
            ("9223372036854775807", "9223372036854775807"),
            ("1e3", "1000"),
            ("+5", "5"),
            ("1.5E-8", "0.000000015"),
            ("-12.345e1", "-123.45"),
            ("1.20e1", "12"),
            ("0e9", "0"),
            ("0.0e-300", "0"),
            ("\u{2212}5.5", "-5.5"),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("12.", "12"),
            ("12\u{200e}", "12"),
            ("\u{feff}1\u{ad}2", "12"),
        ] {
            assert_eq!(sent(NumberFormat::default(), value), expected, "{value}");
        }
    }

    #[test]
    fn what_is_no_number_is_a_problem() {
        for value in [
            "twelve", "1.2.3", "NaN", "inf", "Infinity", ".", "-", "1,5", "1 000", "€12", "12%",
            "1e",
        ] {
            assert_eq!(sent(NumberFormat::default(), value), "notANumber", "{value}");
        }
    }

    #[test]
    fn a_number_that_no_field_holds_is_out_of_range() {
        let long = format!("0.{}", "3".repeat(300));
        let far = ["1e2147483648", "1e-99999999999", "1e99999999999999999999"];
        for value in far.into_iter().chain([
            "1e300",
            "-1e300",
            "1e-300",
            "9223372036854775809",
            "1e99999",
            &long,
        ]) {
            assert_eq!(sent(NumberFormat::default(), value), "outOfRange", "{value}");
        }
        assert_eq!(sent(NumberFormat::default(), &"9".repeat(301)), "outOfRange");
    }

    #[test]
    fn a_number_is_read_as_the_mapping_says() {
        let german = NumberFormat { decimal: ',', group: Some('.') };
        let french = NumberFormat { decimal: ',', group: Some(' ') };
        let indian = NumberFormat { decimal: '.', group: Some(',') };
        for (format, value, expected) in [
            (german, "1.234,56", "1234.56"),
            (german, "-1.234.567", "-1234567"),
            (german, "\u{2212}1.234,5", "-1234.5"),
            (german, "1234,5", "1234.5"),
            (german, "1.23", "notANumber"),
            (german, "1,234.56", "notANumber"),
            (german, "1.234,5,6", "notANumber"),
            (german, "1.234 €", "notANumber"),
            (french, "1\u{202f}234\u{a0}567,8", "1234567.8"),
            (french, "1 234", "1234"),
            (french, "\u{200e}1 234,5\u{200b}", "1234.5"),
            (french, "1.5", "notANumber"),
            (NumberFormat { decimal: '.', group: Some('\'') }, "1’234.5", "1234.5"),
            (german, "+123.456,78", "123456.78"),
            (german, "+12.345,6", "12345.6"),
            (german, "12,", "12"),
            (german, ",5", "0.5"),
            (german, "0.125", "notANumber"),
            (german, "-0.500", "notANumber"),
            (german, "1.22.345", "notANumber"),
            (german, "1.2e3", "notANumber"),
            (german, "1.e23", "notANumber"),
            (german, "1.-23", "notANumber"),
            (german, "1.234,5e2", "123450"),
            (german, "1,2e3", "1200"),
            (german, "1.234.56.789", "notANumber"),
            (french, "1 22 345", "notANumber"),
            (indian, "12,34,567.89", "1234567.89"),
            (indian, "1,234,567.89", "1234567.89"),
            (indian, "0,125", "notANumber"),
            (indian, "-0,500", "notANumber"),
            (indian, "012,345", "notANumber"),
            (indian, "123,45,678", "notANumber"),
            (indian, "0.125", "0.125"),
            (NumberFormat { decimal: ',', group: None }, "1,5", "1.5"),
            (NumberFormat { decimal: ',', group: None }, "1.5", "notANumber"),
        ] {
            assert_eq!(sent(format, value), expected, "{value}");
        }
    }
}
