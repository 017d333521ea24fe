//! Which formats all values of a column fit, where the usual ones do not: proposed to people, never used by itself.
//!
//! A format is proposed only when every value fits it, and a mapping with it reads the value too. Where several do, all
//! of them are proposed, each with what would be sent: nobody but the customer can know which is meant.

use chrono::{DateTime, Days, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;

use super::invisible;
use super::problem::ProblemCode;
use super::values::{DateFormat, Fit, Form, Zones};

/// A format as a mapping has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ProposedFormat {
    Date(ProposedDate),
    Number(ProposedNumber),
}

/// How dates are written, by the name that a mapping has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub enum ProposedDate {
    #[serde(rename = "dd/MM/yyyy")]
    DayMonthSlash,
    #[serde(rename = "MM/dd/yyyy")]
    MonthDaySlash,
    #[serde(rename = "dd.MM.yyyy")]
    DayMonthDot,
    #[serde(rename = "dd-MM-yyyy")]
    DayMonthDash,
    #[serde(rename = "yyyyMMdd")]
    Compact,
    #[serde(rename = "yyyy.MM.dd")]
    YearDot,
    #[serde(rename = "d/M/yyyy")]
    ShortDayMonth,
    #[serde(rename = "M/d/yyyy")]
    ShortMonthDay,
    #[serde(rename = "excelSerial")]
    ExcelSerial,
    #[serde(rename = "epochSeconds")]
    EpochSeconds,
    #[serde(rename = "epochMillis")]
    EpochMillis,
}

/// What stands in numbers beside digits and their sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProposedNumber {
    /// Before the decimals.
    #[schema(value_type = String, min_length = 1, max_length = 1, example = ",")]
    pub decimal: char,
    /// Between groups of three digits.
    #[schema(value_type = String, min_length = 1, max_length = 1, example = ".")]
    pub group: char,
}

/// Formats of dates. One that stands before another makes that needless: what fits both means the same, or hardly
/// anybody means the other one (every number of Excel is in the first day of 1970 as seconds).
const DATES: [ProposedDate; 11] = [
    ProposedDate::DayMonthSlash,
    ProposedDate::MonthDaySlash,
    ProposedDate::DayMonthDot,
    ProposedDate::DayMonthDash,
    ProposedDate::Compact,
    ProposedDate::YearDot,
    ProposedDate::ShortDayMonth,
    ProposedDate::ShortMonthDay,
    ProposedDate::ExcelSerial,
    ProposedDate::EpochSeconds,
    ProposedDate::EpochMillis,
];

const NUMBERS: [ProposedNumber; 3] = [
    ProposedNumber { decimal: ',', group: '.' },
    ProposedNumber { decimal: ',', group: ' ' },
    ProposedNumber { decimal: '.', group: ',' },
];

/// The formats that all values of a column have fitted so far, each with how a field reads it.
#[derive(Clone, Debug)]
pub struct Candidates {
    formats: Vec<(ProposedFormat, Form)>,
    example: Option<String>,
}

/// A format that all values of a column fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub format: ProposedFormat,
    /// The first value of the column that can be sent.
    pub value: String,
    /// What would be sent for it.
    pub sent: String,
}

impl Candidates {
    /// All formats for fields of this form; `None` where no format is of use.
    pub fn of(form: &Form) -> Option<Self> {
        let formats: Vec<_> = match form {
            Form::Date(_, zones) => DATES.iter().filter_map(|date| date.with_form(zones)).collect(),
            Form::Number(_) => NUMBERS.iter().map(|number| number.with_form()).collect(),
            _ => return None,
        };
        Some(Self { formats, example: None })
    }

    /// Takes out the formats that a value does not fit.
    pub fn see(&mut self, value: &str) {
        if self.formats.is_empty() {
            return;
        }
        let value = invisible::without(value);
        let value = value.trim();
        let mut is_sent = true;
        self.formats.retain(|(format, form)| {
            let fit = format.has_form_of(value).then(|| form.fit(value));
            let is_out_of_range = fit == Some(Fit::Unfit(ProblemCode::OutOfRange));
            is_sent &= !is_out_of_range;
            is_out_of_range || matches!(fit, Some(Fit::Complete(_)))
        });
        if is_sent {
            self.example.get_or_insert_with(|| value.to_owned());
        }
    }

    /// What fits all values that were seen.
    pub fn proposals(&self) -> Vec<Proposal> {
        let Some(value) = &self.example else { return vec![] };
        let has = |wanted: &ProposedFormat| self.formats.iter().any(|(format, _)| format == wanted);
        let needed = |(format, _): &&(ProposedFormat, Form)| !format.better().iter().any(has);
        let propose = |(format, form): &(ProposedFormat, Form)| match form.fit(value) {
            Fit::Complete(sent) => {
                Some(Proposal { format: *format, value: value.clone(), sent: sent.into_owned() })
            }
            Fit::Cut(_) | Fit::Unfit(_) => None,
        };
        self.formats.iter().filter(needed).filter_map(propose).collect()
    }
}

impl ProposedFormat {
    /// Whether people write such a value so. A field may read more: `d/M/yyyy` and `dd/MM/yyyy` are one to it.
    fn has_form_of(self, value: &str) -> bool {
        match self {
            Self::Date(name) => name.read(value).is_some(),
            Self::Number(format) => format.has_form_of(value),
        }
    }

    /// Formats that are proposed instead, where all values fit those too.
    fn better(self) -> Vec<Self> {
        use ProposedDate::{
            Compact, DayMonthSlash, EpochMillis, EpochSeconds, ExcelSerial, MonthDaySlash,
            ShortDayMonth, ShortMonthDay,
        };
        match self {
            Self::Date(ShortDayMonth) => vec![Self::Date(DayMonthSlash)],
            Self::Date(ShortMonthDay) => vec![Self::Date(MonthDaySlash)],
            Self::Date(EpochSeconds) => vec![Self::Date(Compact), Self::Date(ExcelSerial)],
            Self::Date(EpochMillis) => {
                vec![Self::Date(Compact), Self::Date(ExcelSerial), Self::Date(EpochSeconds)]
            }
            Self::Number(ProposedNumber { group: ' ', .. }) => vec![Self::Number(NUMBERS[0])],
            _ => vec![],
        }
    }
}

impl ProposedDate {
    fn with_form(self, zones: &Zones) -> Option<(ProposedFormat, Form)> {
        let name = serde_json::to_value(self).ok()?;
        let form = Form::Date(DateFormat::parse(name.as_str()?)?, zones.clone());
        Some((ProposedFormat::Date(self), form))
    }

    /// The day of a value; a time may stand behind it, unless it is a number.
    fn read(self, value: &str) -> Option<NaiveDate> {
        match self {
            Self::ExcelSerial => excel(value),
            Self::EpochSeconds => {
                likely(DateTime::from_timestamp(integer(value)?, 0)?.date_naive())
            }
            Self::EpochMillis => {
                likely(DateTime::from_timestamp_millis(integer(value)?)?.date_naive())
            }
            pattern => pattern.read_day(without_time(value)?),
        }
    }

    fn read_day(self, value: &str) -> Option<NaiveDate> {
        match self {
            Self::DayMonthSlash => parts(value, '/', [2, 2, 4]).and_then(day_first),
            Self::MonthDaySlash => parts(value, '/', [2, 2, 4]).and_then(month_first),
            Self::DayMonthDot => parts(value, '.', [2, 2, 4]).and_then(day_first),
            Self::DayMonthDash => parts(value, '-', [2, 2, 4]).and_then(day_first),
            Self::YearDot => parts(value, '.', [4, 2, 2]).and_then(year_first),
            Self::Compact => compact(value),
            Self::ShortDayMonth => parts(value, '/', [0, 0, 4]).and_then(day_first),
            Self::ShortMonthDay => parts(value, '/', [0, 0, 4]).and_then(month_first),
            Self::ExcelSerial | Self::EpochSeconds | Self::EpochMillis => None,
        }
    }
}

/// A value without the time behind its day; `None` when something else stands there.
fn without_time(value: &str) -> Option<&str> {
    let Some((day, time)) = value.split_once([' ', 'T']) else { return Some(value) };
    let is_number = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let numbers: Vec<&str> = time.split(':').collect();
    let is_time = (2..=3).contains(&numbers.len())
        && numbers.iter().all(|number| is_number(number, 2))
        && is_number(fraction, 9);
    is_time.then_some(day)
}

/// Three numbers with so many digits, or with one or two where 0 stands.
fn parts(value: &str, separator: char, digits: [usize; 3]) -> Option<[u32; 3]> {
    let mut texts = value.split(separator);
    let mut numbers = [0; 3];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let text = texts.next()?;
        let fits = if digits == 0 { (1..=2).contains(&text.len()) } else { text.len() == digits };
        *number =
            text.bytes().all(|byte| byte.is_ascii_digit() && fits).then(|| text.parse())?.ok()?;
    }
    texts.next().is_none().then_some(numbers)
}

fn day_first([day, month, year]: [u32; 3]) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year.try_into().ok()?, month, day)
}

fn month_first([month, day, year]: [u32; 3]) -> Option<NaiveDate> {
    day_first([day, month, year])
}

fn year_first([year, month, day]: [u32; 3]) -> Option<NaiveDate> {
    day_first([day, month, year])
}

fn compact(value: &str) -> Option<NaiveDate> {
    let (year, rest) = value.split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    year_first(parts(&format!("{year}.{month}.{day}"), '.', [4, 2, 2])?)
}

/// Days since 1899-12-31, with a part of a day or not. Excel has a day 60, 1900-02-29, that no calendar has.
fn excel(value: &str) -> Option<NaiveDate> {
    let (days, part) = value.split_once('.').unwrap_or((value, "0"));
    let is_number = [days, part].iter().all(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let days: u64 = days.parse().ok().filter(|_| is_number && !part.is_empty())?;
    let days = match days {
        1..=59 => days,
        61..=99_999 => days - 1,
        _ => return None,
    };
    likely(NaiveDate::from_ymd_opt(1899, 12, 31)?.checked_add_days(Days::new(days))?)
}

fn integer(value: &str) -> Option<i64> {
    value.parse().ok().filter(|_| !value.starts_with('+'))
}

/// A day that a list accepts. Other numbers are hardly meant for days.
fn likely(day: NaiveDate) -> Option<NaiveDate> {
    let (first, last) =
        (NaiveDate::from_ymd_opt(1900, 1, 1)?, NaiveDate::from_ymd_opt(2076, 6, 6)?);
    (first <= day && day <= last).then_some(day)
}

mod number;
#[cfg(test)]
mod tests;
