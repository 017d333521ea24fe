//! The form in which each kind of custom field accepts its values, and that of mobile numbers.
//!
//! A value has at most 250 characters. What does not fit a field is silently ignored by Campaign
//! Monitor, so it is found here, left out, and counted.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::invisible::{self, is_invisible};
use super::lists::{CustomField, DataType};
use super::problem::ProblemCode;

/// Characters that the value of a custom field may have.
const VALUE_CHARS_MAX: usize = 250;

/// What values a custom field accepts, and in which spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    Text,
    /// Written with digits, one point at most, and `-` before it.
    Number,
    /// A day, written `yyyy/MM/dd`, from 1900/01/01 to 2076/06/06.
    Date,
    /// Exactly one of these options.
    One(Vec<String>),
    /// Any of these options; a profile has them in one field, separated by `;`.
    Many(Vec<String>),
}

/// What to do with a value of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit<'a> {
    /// Send it, in this form.
    Complete(Cow<'a, str>),
    /// Send these first 250 characters.
    Cut(&'a str),
    /// The vendor would ignore it: leave it out, for this reason.
    Unfit(ProblemCode),
}

impl Form {
    pub fn of(field: &CustomField) -> Self {
        let options = field.field_options.clone();
        match field.data_type {
            DataType::Number => Self::Number,
            DataType::Date => Self::Date,
            DataType::MultiSelectMany => Self::Many(options),
            DataType::MultiSelectOne | DataType::Country | DataType::USState
                if !options.is_empty() =>
            {
                Self::One(options)
            }
            _ => Self::Text,
        }
    }

    /// The values in `text`, which is not blank: one, or several where the field accepts several.
    pub fn values<'a>(&self, text: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        let separator = if matches!(self, Self::Many(_)) { ';' } else { '\0' };
        text.split(separator).map(str::trim).filter(|value| !value.is_empty())
    }

    pub fn fit<'a>(&self, value: &'a str) -> Fit<'a> {
        match self {
            Self::Text => text(value),
            Self::Number => decimal(value),
            Self::Date => date(value),
            Self::One(options) | Self::Many(options) => option(options, value),
        }
    }
}

fn text(value: &str) -> Fit<'_> {
    // A text of so few bytes has no more characters, and that is the usual case.
    if value.len() <= VALUE_CHARS_MAX {
        return Fit::Complete(Cow::Borrowed(value));
    }
    match value.char_indices().nth(VALUE_CHARS_MAX) {
        None => Fit::Complete(Cow::Borrowed(value)),
        Some((end, _)) => Fit::Cut(&value[..end]),
    }
}

fn decimal(value: &str) -> Fit<'_> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let is_plain = digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.bytes().filter(|byte| *byte == b'.').count() <= 1;
    if is_plain {
        return text(value);
    }
    match value.parse::<f64>() {
        Ok(number) if number.is_finite() => Fit::Complete(Cow::Owned(number.to_string())),
        Ok(number) if number.is_infinite() => Fit::Unfit(ProblemCode::OutOfRange),
        _ => Fit::Unfit(ProblemCode::NotANumber),
    }
}

/// Accepts `yyyy-MM-dd` or `yyyy/MM/dd`, alone or before a time.
fn date(value: &str) -> Fit<'_> {
    let day =
        value.get(..10).filter(|_| !value[10..].starts_with(|next: char| next.is_ascii_digit()));
    let parsed = day.and_then(|day| {
        NaiveDate::parse_from_str(day, "%Y-%m-%d")
            .or_else(|_| NaiveDate::parse_from_str(day, "%Y/%m/%d"))
            .ok()
    });
    let first = NaiveDate::from_ymd_opt(1900, 1, 1);
    let last = NaiveDate::from_ymd_opt(2076, 6, 6);
    match parsed {
        Some(day) if Some(day) >= first && Some(day) <= last => {
            Fit::Complete(Cow::Owned(day.format("%Y/%m/%d").to_string()))
        }
        Some(_) => Fit::Unfit(ProblemCode::OutOfRange),
        None => Fit::Unfit(ProblemCode::NotADate),
    }
}

fn option<'a>(options: &[String], value: &'a str) -> Fit<'a> {
    let visible = invisible::without(value).to_lowercase();
    match options.iter().find(|option| option.to_lowercase() == visible) {
        Some(option) if option == value => Fit::Complete(Cow::Borrowed(value)),
        Some(option) => Fit::Complete(Cow::Owned(option.clone())),
        None => Fit::Unfit(ProblemCode::UnknownOption),
    }
}

fn is_between_digits(letter: char) -> bool {
    letter.is_whitespace() || is_invisible(letter) || matches!(letter, '.' | '-' | '(' | ')')
}

/// A mobile number in E.164, written with or without blanks, dots, dashes and brackets.
///
/// A zero in brackets is dialled in some countries and not in others: with it a number is left out, not guessed.
pub fn mobile_number(text: &str) -> Option<String> {
    if text.contains("(0)") {
        return None;
    }
    let number: String = text.chars().filter(|c| !is_between_digits(*c)).collect();
    let digits = number.strip_prefix('+')?;
    let is_e164 = (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    is_e164.then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(form: &Form, value: &str) -> String {
        match form.fit(value) {
            Fit::Complete(value) => value.into_owned(),
            Fit::Cut(value) => format!("cut to {}", value.chars().count()),
            Fit::Unfit(code) => code.word().into(),
        }
    }

    #[test]
    fn a_long_text_is_cut_at_250_characters_not_bytes() {
        assert_eq!(sent(&Form::Text, &"é".repeat(250)), "é".repeat(250));
        assert_eq!(sent(&Form::Text, &"é".repeat(251)), "cut to 250");
    }

    #[test]
    fn a_number_field_takes_numbers_only() {
        for (value, expected) in [
            ("12", "12"),
            ("-1.50", "-1.50"),
            ("007", "007"),
            ("1e3", "1000"),
            ("twelve", "notANumber"),
            ("1.2.3", "notANumber"),
            ("NaN", "notANumber"),
            (".", "notANumber"),
        ] {
            assert_eq!(sent(&Form::Number, value), expected, "{value}");
        }
    }

    #[test]
    fn a_date_is_written_as_campaign_monitor_reads_it() {
        for (value, expected) in [
            ("1987-04-30", "1987/04/30"),
            ("1987/04/30", "1987/04/30"),
            ("1987-04-30T10:00:00Z", "1987/04/30"),
            ("1899-12-31", "outOfRange"),
            ("2076-06-07", "outOfRange"),
            ("1987-02-30", "notADate"),
            ("30.04.1987", "notADate"),
            ("1987-04-300", "notADate"),
            ("été", "notADate"),
        ] {
            assert_eq!(sent(&Form::Date, value), expected, "{value}");
        }
    }

    #[test]
    fn an_option_is_sent_in_the_spelling_of_the_list() {
        let tiers = Form::One(vec!["Gold".into(), "Silver".into()]);
        assert_eq!(sent(&tiers, "gold"), "Gold");
        assert_eq!(sent(&tiers, "Sil\u{200b}ver"), "Silver");
        assert_eq!(sent(&tiers, "Platinum"), "unknownOption");
    }

    #[test]
    fn a_multi_valued_field_has_its_values_apart() {
        let many = Form::Many(vec!["Tea".into()]);
        assert_eq!(many.values("Tea; Coffee ;;").collect::<Vec<_>>(), ["Tea", "Coffee"]);
        assert_eq!(Form::Text.values("Tea; Coffee").collect::<Vec<_>>(), ["Tea; Coffee"]);
    }

    #[test]
    fn a_mobile_number_must_be_e164() {
        assert_eq!(mobile_number("+371 2000-0000").as_deref(), Some("+37120000000"));
        assert_eq!(mobile_number("+371\u{a0}2000\u{200b}0000").as_deref(), Some("+37120000000"));
        assert_eq!(mobile_number("+44 (0)20 7946 0958"), None);
        assert_eq!(mobile_number("20000000"), None);
        assert_eq!(mobile_number("+0123456789"), None);
        assert_eq!(mobile_number("+1234567890123456"), None);
    }
}
