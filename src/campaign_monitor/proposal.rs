//! Which formats all values of a column fit, where the usual ones do not: proposed to people, never used by itself.
//!
//! A format is proposed only when every value fits it. Where several do, all of them are proposed, each with what it
//! would make of a value: nobody but the customer can know which is meant.

use chrono::{DateTime, Days, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;

use super::invisible;
use super::values::Form;

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

/// The formats that all values of a column have fitted so far.
#[derive(Clone, Debug)]
pub struct Candidates {
    formats: Vec<ProposedFormat>,
    example: Option<String>,
}

/// A format that all values of a column fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub format: ProposedFormat,
    /// The first value of the column.
    pub value: String,
    /// What would be sent for it.
    pub sent: String,
}

impl Candidates {
    /// All formats for fields of this form; `None` where no format is of use.
    pub fn of(form: &Form) -> Option<Self> {
        let formats = match form {
            Form::Date(..) => DATES.map(ProposedFormat::Date).into(),
            Form::Number(..) => NUMBERS.map(ProposedFormat::Number).into(),
            _ => return None,
        };
        Some(Self { formats, example: None })
    }

    /// Takes out the formats that a value does not fit.
    pub fn see(&mut self, value: &str) {
        if self.formats.is_empty() {
            return;
        }
        let value = &*invisible::without(value);
        self.formats.retain(|format| format.read(value).is_some());
        self.example.get_or_insert_with(|| value.to_owned());
    }

    /// What fits all values that were seen.
    pub fn proposals(&self) -> Vec<Proposal> {
        let Some(value) = &self.example else { return vec![] };
        let has = |format: &ProposedFormat| self.formats.contains(format);
        let needed = |format: &&ProposedFormat| {
            let better = format.better();
            !better.iter().any(has)
        };
        let propose = |format: &ProposedFormat| {
            let (value, sent) = (value.clone(), format.read(value)?);
            Some(Proposal { format: *format, value, sent })
        };
        self.formats.iter().filter(needed).filter_map(propose).collect()
    }
}

impl ProposedFormat {
    /// What the list would get for a value; `None` where the value has another form.
    fn read(self, value: &str) -> Option<String> {
        match self {
            Self::Date(name) => name.read(value).map(|day| day.format("%Y/%m/%d").to_string()),
            Self::Number(format) => format.read(value),
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

impl ProposedNumber {
    /// The number with a point before its decimals, and nothing between its groups.
    fn read(self, value: &str) -> Option<String> {
        let (sign, digits) = match value.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", value),
        };
        let (integer, decimals) = match digits.split_once(self.decimal) {
            Some((integer, decimals)) => (integer, Some(decimals)),
            None => (digits, None),
        };
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let mut groups = integer.split(|letter| self.is_group(letter));
        let first = groups.next().filter(|first| is_number(first))?;
        let rest: Vec<&str> = groups.collect();
        let is_grouped = rest.iter().all(|group| group.len() == 3 && is_number(group));
        if !is_grouped || (!rest.is_empty() && first.len() > 3) {
            return None;
        }
        let integer = format!("{sign}{first}{}", rest.concat());
        match decimals {
            None => Some(integer),
            Some(decimals) => is_number(decimals).then(|| format!("{integer}.{decimals}")),
        }
    }

    /// Blanks between groups are often those at which no line breaks.
    fn is_group(self, letter: char) -> bool {
        letter == self.group || (self.group == ' ' && matches!(letter, '\u{a0}' | '\u{202f}'))
    }
}

#[cfg(test)]
mod tests;
