//! Days: how they are written in the data, and in which form they are sent.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::{self, Date};

use super::fit::Fit;
use super::moment::{self, Moment};
use super::pattern::{self, Pattern};
use super::scan::Scan;
use super::zones::Zones;
use crate::campaign_monitor::invisible;
use crate::campaign_monitor::problem::ProblemCode;

/// What Campaign Monitor stores; it ignores other days without a word.
const FIRST: Date = civil::date(1900, 1, 1);
const LAST: Date = civil::date(2076, 6, 6);

/// The day that Excel counts from 0, and the one that it has and the calendar has not.
const EXCEL_ZERO: Date = civil::date(1899, 12, 30);
const EXCEL_LEAP_DAY: f64 = 60.0;

/// How days are written in the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DateFormat {
    /// `yyyy-MM-dd` or `yyyy/MM/dd`, alone or before a time.
    Iso,
    Pattern(Pattern),
    /// Days since 1899-12-31, as Excel numbers them.
    ExcelSerial,
    EpochSeconds,
    EpochMillis,
}

impl DateFormat {
    /// `None` when it is neither a pattern nor one of the three words.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "excelSerial" => Some(Self::ExcelSerial),
            "epochSeconds" => Some(Self::EpochSeconds),
            "epochMillis" => Some(Self::EpochMillis),
            pattern => Pattern::parse(pattern).map(Self::Pattern),
        }
    }

    fn read(&self, zones: &Zones, value: &str) -> Result<Date, ProblemCode> {
        let moment = match self {
            Self::Iso => iso(value),
            Self::Pattern(pattern) => pattern.read(value),
            Self::ExcelSerial => return excel_day(value),
            Self::EpochSeconds => return epoch_day(value, 1000.0, zones),
            Self::EpochMillis => return epoch_day(value, 1.0, zones),
        };
        moment.and_then(|moment| moment.day(zones)).ok_or(ProblemCode::NotADate)
    }
}

pub(super) fn fit<'a>(format: &DateFormat, zones: &Zones, value: &'a str) -> Fit<'a> {
    match format.read(zones, &invisible::without(value)) {
        Ok(day) if (FIRST..=LAST).contains(&day) => Fit::Complete(written(day, value)),
        Ok(_) => Fit::Unfit(ProblemCode::OutOfRange),
        Err(code) => Fit::Unfit(code),
    }
}

/// Digit by digit, without the machinery of `format!`: every date of a run comes here.
fn written(day: Date, value: &str) -> Cow<'_, str> {
    let parts = [(i32::from(day.year()), 1000), (day.month().into(), 10), (day.day().into(), 10)];
    let mut written = String::with_capacity("yyyy/MM/dd".len());
    for (number, largest) in parts {
        if !written.is_empty() {
            written.push('/');
        }
        let units = [1000, 100, 10, 1].into_iter().filter(|unit| *unit <= largest);
        let digit = |unit| u32::try_from(number / unit % 10).ok();
        let digits = units.filter_map(|unit| char::from_digit(digit(unit)?, 10));
        written.extend(digits);
    }
    if written == value { Cow::Borrowed(value) } else { Cow::Owned(written) }
}

fn iso(value: &str) -> Option<Moment> {
    let mut scan = Scan(value);
    let year = scan.digits(4, 4)?;
    let separator = if scan.accept('-') { '-' } else { '/' };
    let is_apart = separator == '-' || scan.accept('/');
    let month = is_apart.then(|| scan.digits(2, 2))??;
    let day = scan.accept(separator).then(|| scan.digits(2, 2))??;
    let day = pattern::date(year, month, day)?;
    let (time, zone) = pattern::behind_a_day(&mut scan)?;
    Some(Moment { written: day.to_datetime(time), zone })
}

/// A number of days, whose fraction is a time.
fn excel_day(value: &str) -> Result<Date, ProblemCode> {
    let serial = count(value)?.floor();
    if serial == EXCEL_LEAP_DAY {
        return Err(ProblemCode::NotADate);
    }
    // Before its wrong leap day Excel is one day ahead.
    let days = if serial < EXCEL_LEAP_DAY { serial + 1.0 } else { serial };
    if !(0.0..100_000.0).contains(&days) {
        return Err(ProblemCode::OutOfRange);
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole and small")]
    let days = jiff::Span::new().days(days as i32);
    EXCEL_ZERO.checked_add(days).map_err(|_| ProblemCode::OutOfRange)
}

/// A number of milliseconds, or of others that have so many of them, since 1970 in UTC.
fn epoch_day(value: &str, millis: f64, zones: &Zones) -> Result<Date, ProblemCode> {
    let count = (count(value)? * millis).floor();
    if count.abs() > 1e14 {
        return Err(ProblemCode::OutOfRange);
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
    let instant = Timestamp::from_millisecond(count as i64).map_err(|_| ProblemCode::OutOfRange)?;
    Ok(moment::zone_of(zones).to_datetime(instant).date())
}

/// A number without an exponent.
fn count(value: &str) -> Result<f64, ProblemCode> {
    let is_plain = value.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    value.parse().ok().filter(|_| is_plain).ok_or(ProblemCode::NotADate)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn sent_in(format: &str, zones: &Zones, value: &str) -> String {
        let format =
            if format.is_empty() { DateFormat::Iso } else { DateFormat::parse(format).unwrap() };
        match fit(&format, zones, value) {
            Fit::Complete(day) => day.into_owned(),
            Fit::Cut(_) => "cut".into(),
            Fit::Unfit(code) => code.word().into(),
        }
    }

    fn sent(format: &str, value: &str) -> String {
        sent_in(format, &Zones::default(), value)
    }

    #[test]
    fn a_date_is_written_as_campaign_monitor_reads_it() {
        for (value, expected) in [
            ("1987-04-30", "1987/04/30"),
            ("1987/04/30", "1987/04/30"),
            ("1987-04-30T10:00:00Z", "1987/04/30"),
            ("1987-04-30 10:00:00.123", "1987/04/30"),
            ("1990-02-02T00:00:00+02:00", "1990/02/02"),
            ("1990-02-02T00:00:00+0200", "1990/02/02"),
            ("1990-02-02T00:00:00+02:00[Europe/Riga]", "1990/02/02"),
            ("\u{200e}1990-02-02", "1990/02/02"),
            ("1899-12-31", "outOfRange"),
            ("2076-06-06", "2076/06/06"),
            ("2076-06-07", "outOfRange"),
            ("1987-02-30", "notADate"),
            ("30.04.1987", "notADate"),
            ("02/03/1990", "notADate"),
            ("1987-04-300", "notADate"),
            ("1987-04-30 or so", "notADate"),
            ("1987-04/30", "notADate"),
            ("0000-00-00", "notADate"),
            ("32905", "notADate"),
            ("été", "notADate"),
        ] {
            assert_eq!(sent("", value), expected, "{value}");
        }
    }

    #[test]
    fn a_number_is_a_day_only_where_the_mapping_says_which() {
        for (format, value, expected) in [
            ("excelSerial", "32905", "1990/02/01"),
            ("excelSerial", "32905.75", "1990/02/01"),
            ("excelSerial", "1", "1900/01/01"),
            ("excelSerial", "59", "1900/02/28"),
            ("excelSerial", "60", "notADate"),
            ("excelSerial", "61", "1900/03/01"),
            ("excelSerial", "0", "outOfRange"),
            ("excelSerial", "-1", "outOfRange"),
            ("excelSerial", "99999999999", "outOfRange"),
            ("excelSerial", "1990-02-01", "notADate"),
            ("epochSeconds", "633830400", "1990/02/01"),
            ("epochMillis", "633830400000", "1990/02/01"),
            ("epochMillis", "-2208988800001", "outOfRange"),
            ("epochSeconds", "-1", "1969/12/31"),
            ("epochSeconds", "soon", "notADate"),
            ("epochSeconds", "1e9", "notADate"),
        ] {
            assert_eq!(sent(format, value), expected, "{format} {value}");
        }
    }

    #[test]
    fn a_moment_is_a_day_in_the_zone_of_the_field_or_its_own_or_that_of_the_mapping() {
        let zone = |name: &str| Some(TimeZone::get(name).unwrap());
        let field = Zones { field: zone("Europe/Riga"), mapping: zone("Asia/Tokyo") };
        let mapping = Zones { field: None, mapping: zone("Europe/Riga") };
        for (zones, format, value, expected) in [
            (&field, "", "1990-02-01T22:00:00Z", "1990/02/02"),
            (&field, "", "1990-02-01T23:00:00+04:00", "1990/02/01"),
            (&field, "", "1990-02-01T23:00:00+00:00", "1990/02/02"),
            (&field, "", "1990-02-01T23:00:00", "1990/02/01"),
            (&field, "", "1990-02-01", "1990/02/01"),
            (&mapping, "", "1990-02-01T22:00:00Z", "1990/02/02"),
            (&mapping, "", "1990-02-01 22:00 UTC", "1990/02/02"),
            (&mapping, "", "1990-02-01T23:00:00+00:00", "1990/02/02"),
            (&mapping, "", "1990-02-01T23:00:00+00:00[Europe/London]", "1990/02/01"),
            (&mapping, "", "1990-02-01T23:00:00+01:00", "1990/02/01"),
            (&mapping, "epochSeconds", "633909600", "1990/02/02"),
            (&field, "epochMillis", "633909600000", "1990/02/02"),
            (&mapping, "dd/MM/yyyy HH:mmZ", "01/02/1990 22:00Z", "1990/02/02"),
            (&mapping, "dd/MM/yyyy", "01/02/1990 22:00", "1990/02/01"),
            (&mapping, "", "1899-12-31T23:00:00Z", "1900/01/01"),
        ] {
            assert_eq!(sent_in(format, zones, value), expected, "{format} {value}");
        }
    }
}
