//! Planned times: cron lines read on the wall clock of a time zone.
//!
//! croner finds the times on the wall clock; this file finds the moment, by one rule for all lines: a time that a clock
//! change skips is the first moment after the gap, and one that comes twice is the first of the two.
//! (croner's own rule leaves out times in a gap as soon as a line names two hours, such as `0 3,15 * * *`.)

use chrono::{Datelike, NaiveDateTime, TimeDelta, Timelike};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone as Rules};
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::zones;
use crate::db::Time;

/// The longest gap of a clock, in minutes: a zone that crossed the date line skipped a day.
const GAP_MAX: i64 = 24 * 60;
const LINE_MAX: usize = 100;

/// A time zone of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(
    value_type = String,
    max_length = 64,
    pattern = "^[A-Za-z0-9+/_-]+$",
    example = "Europe/Riga"
)]
pub struct TimeZone(Rules);

impl TryFrom<String> for TimeZone {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        zones::get(&text)
            .map(Self)
            .ok_or("a time zone is a name of the IANA database, such as Europe/Riga or UTC")
    }
}

impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> Self {
        zone.0.iana_name().unwrap_or("UTC").to_owned()
    }
}

impl TimeZone {
    /// Its clock never changes.
    pub const UTC: Self = Self(Rules::UTC);

    /// Its rules, for moments of others than schedules.
    pub(crate) const fn rules(&self) -> &Rules {
        &self.0
    }

    /// What its clock shows; `None` thousands of years from now.
    pub(crate) fn wall(&self, time: Time) -> Option<NaiveDateTime> {
        let offset = self.0.to_offset(Timestamp::from_second(time.timestamp()).ok()?);
        Some(time.naive_utc() + seconds(offset))
    }
}

/// A cron line: minute, hour, day of month, month, day of week, read on the clock of a time zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(
    value_type = String,
    max_length = 100,
    pattern = r"^ *[^ ]+( +[^ ]+){4} *$",
    example = "0 6 * * 1-5"
)]
pub struct CronLine(Cron);

impl TryFrom<String> for CronLine {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() > LINE_MAX || text.split_whitespace().count() != 5 {
            return Err(
                "a cron line has five fields: minute, hour, day of month, month, day of week; \
                        such as 0 6 * * 1-5"
                    .into(),
            );
        }
        let parser =
            CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        parser
            .parse(&text)
            .map(Self)
            .map_err(|error| format!("not understood as a cron line: {error}"))
    }
}

impl From<CronLine> for String {
    fn from(line: CronLine) -> Self {
        line.0.as_str().to_owned()
    }
}

impl CronLine {
    /// The first of its times after `after`; `None` when there is none.
    #[must_use]
    pub fn next(&self, zone: &TimeZone, after: Time) -> Option<Time> {
        let wall = zone.wall(after)?;
        let next = |wall: &Time| self.0.find_next_occurrence(wall, false).ok();
        std::iter::successors(next(&wall.and_utc()), next)
            .filter_map(|wall| moment(&zone.0, wall.naive_utc()))
            .find(|time| *time > after)
    }
}

/// The moment at which a clock shows `wall`, or would have.
fn moment(zone: &Rules, wall: NaiveDateTime) -> Option<Time> {
    (0..=GAP_MAX).find_map(|minutes| exact(zone, wall + TimeDelta::minutes(minutes)))
}

/// The first moment at which a clock shows `wall`; `None` when it never does.
fn exact(zone: &Rules, wall: NaiveDateTime) -> Option<Time> {
    let civil = civil::DateTime::new(
        i16::try_from(wall.year()).ok()?,
        i8::try_from(wall.month()).ok()?,
        i8::try_from(wall.day()).ok()?,
        i8::try_from(wall.hour()).ok()?,
        i8::try_from(wall.minute()).ok()?,
        i8::try_from(wall.second()).ok()?,
        0,
    );
    match zone.to_ambiguous_timestamp(civil.ok()?).offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
            Some((wall - seconds(offset)).and_utc())
        }
        AmbiguousOffset::Gap { .. } => None,
    }
}

fn seconds(offset: Offset) -> TimeDelta {
    TimeDelta::seconds(offset.seconds().into())
}

/// Planned times are shown from the one that is stored: nothing starts before it, whatever the schedule says.
#[must_use]
pub(super) fn shown_after(planned: Option<Time>, now: Time) -> Time {
    planned.map_or(now, |planned| now.max(planned - TimeDelta::microseconds(1)))
}

/// The planned times of `lines` after `after`, in order, each once.
pub fn upcoming(
    zone: TimeZone,
    lines: &[CronLine],
    after: Time,
) -> impl Iterator<Item = Time> + '_ {
    let next = move |after| lines.iter().filter_map(|line| line.next(&zone, after)).min();
    let first = next(after);
    std::iter::successors(first, move |last| next(*last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(zone: &str, lines: &[&str], after: &str, count: usize) -> Vec<String> {
        let zone = TimeZone::try_from(zone.to_owned()).unwrap();
        let lines: Vec<_> =
            lines.iter().map(|line| CronLine::try_from((*line).to_owned()).unwrap()).collect();
        upcoming(zone, &lines, after.parse().unwrap())
            .take(count)
            .map(|time| time.format("%Y-%m-%dT%H:%MZ").to_string())
            .collect()
    }

    #[test]
    fn a_time_on_the_clock_moves_with_the_clock() {
        assert_eq!(
            times("Europe/Riga", &["0 6 * * *"], "2026-03-28T00:00:00Z", 2),
            ["2026-03-28T04:00Z", "2026-03-29T03:00Z"]
        );
        assert_eq!(
            times("Asia/Kolkata", &["30 6 * * 1-5"], "2026-03-27T00:00:00Z", 2),
            ["2026-03-27T01:00Z", "2026-03-30T01:00Z"]
        );
    }

    #[test]
    fn a_time_that_the_clock_skips_comes_at_the_first_moment_after_the_gap() {
        let cases = [
            // 03:00 to 04:00 is left out; winter time is UTC+2.
            ("Europe/Riga", "30 3 * * *", "2026-03-28T22:00:00Z", "2026-03-29T01:00Z"),
            ("Europe/Riga", "0 3,15 * * *", "2026-03-28T22:00:00Z", "2026-03-29T01:00Z"),
            ("Europe/Riga", "*/20 3 * * *", "2026-03-28T22:00:00Z", "2026-03-29T01:00Z"),
            // 02:00 to 03:00 is left out.
            ("America/New_York", "30 2 * * *", "2026-03-08T05:00:00Z", "2026-03-08T07:00Z"),
            // Midnight to 01:00 is left out, and with it the begin of the day.
            ("America/Havana", "0 0 * * *", "2026-03-07T12:00:00Z", "2026-03-08T05:00Z"),
            // Half an hour is left out, from 02:00.
            ("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T12:00:00Z", "2026-10-03T15:30Z"),
            // A whole day is left out.
            ("Pacific/Apia", "0 12 * * *", "2011-12-29T23:00:00Z", "2011-12-30T10:00Z"),
        ];
        for (zone, line, after, expected) in cases {
            assert_eq!(times(zone, &[line], after, 1), [expected], "{zone} {line}");
        }
    }

    #[test]
    fn a_time_that_comes_twice_on_the_clock_is_the_first_of_the_two() {
        // 03:30 comes at 00:30Z and at 01:30Z.
        assert_eq!(
            times("Europe/Riga", &["30 3 * * *"], "2026-10-24T22:00:00Z", 2),
            ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]
        );
        // Asked between the two, and exactly at the first one.
        for after in ["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"] {
            assert_eq!(
                times("Europe/Riga", &["30 3 * * *"], after, 1),
                ["2026-10-26T01:30Z"],
                "{after}"
            );
        }
        assert_eq!(
            times("America/New_York", &["30 1 * * *"], "2026-11-01T04:00:00Z", 2),
            ["2026-11-01T05:30Z", "2026-11-02T06:30Z"]
        );
        assert_eq!(
            times("Australia/Lord_Howe", &["45 1 * * *"], "2026-04-04T12:00:00Z", 2),
            ["2026-04-04T14:45Z", "2026-04-05T15:15Z"]
        );
    }

    #[test]
    fn a_line_for_every_hour_comes_once_for_each_hour_on_the_clock() {
        assert_eq!(
            times("Europe/Riga", &["0 * * * *"], "2026-10-24T23:00:00Z", 3),
            ["2026-10-25T00:00Z", "2026-10-25T02:00Z", "2026-10-25T03:00Z"]
        );
        assert_eq!(
            times("Europe/Riga", &["0 * * * *"], "2026-03-28T23:00:00Z", 3),
            ["2026-03-29T00:00Z", "2026-03-29T01:00Z", "2026-03-29T02:00Z"]
        );
    }

    #[test]
    fn times_that_meet_are_one() {
        let lines = ["0 3 * * *", "30 3 * * *", "0 4 * * *"];
        assert_eq!(
            times("Europe/Riga", &lines, "2026-03-28T22:00:00Z", 2),
            ["2026-03-29T01:00Z", "2026-03-30T00:00Z"]
        );
    }

    #[test]
    fn a_year_of_times_in_any_zone_comes_in_order_and_once_for_each_day() {
        for name in zones::names() {
            let zone = TimeZone::try_from(name.to_owned()).unwrap();
            let line = CronLine::try_from("30 2 * * *".to_owned()).unwrap();
            let (start, end) =
                ("2026-01-01T00:00:00Z".parse().unwrap(), "2027-01-01T00:00:00Z".parse::<Time>());
            let lines = [line];
            let all: Vec<_> =
                upcoming(zone, &lines, start).take_while(|time| *time < end.unwrap()).collect();
            assert_eq!(all.len(), 365, "{name}");
            assert!(all.is_sorted_by(|one, next| one < next), "{name}");
        }
    }

    #[test]
    fn a_day_that_never_comes_has_no_times() {
        assert!(times("UTC", &["0 0 30 2 *"], "2026-01-01T00:00:00Z", 1).is_empty());
    }

    #[test]
    fn lines_are_read_as_every_cron_reads_them() {
        // 2026-03-01 is a Sunday.
        for (line, first, second) in [
            ("0 6 * * 0", "2026-03-01T06:00Z", "2026-03-08T06:00Z"),
            ("0 6 * * 7", "2026-03-01T06:00Z", "2026-03-08T06:00Z"),
            ("0 6 * * MON,wed", "2026-03-02T06:00Z", "2026-03-04T06:00Z"),
            ("0 6 1 JAN-APR *", "2026-03-01T06:00Z", "2026-04-01T06:00Z"),
            ("0 6 L * *", "2026-03-31T06:00Z", "2026-04-30T06:00Z"),
            ("0 6 * * MON#2", "2026-03-09T06:00Z", "2026-04-13T06:00Z"),
            ("0 8-18/5 * * *", "2026-03-01T08:00Z", "2026-03-01T13:00Z"),
            // Both days are given: either is enough.
            ("0 6 4 * MON", "2026-03-02T06:00Z", "2026-03-04T06:00Z"),
        ] {
            assert_eq!(times("UTC", &[line], "2026-03-01T00:00:00Z", 2), [first, second], "{line}");
        }
    }

    #[test]
    fn what_is_no_line_of_five_fields_is_refused() {
        for line in ["", "0 6 * *", "0 0 6 * * 1", "@daily", "61 6 * * *", "0 6 * * mon-foo"] {
            assert!(CronLine::try_from(line.to_owned()).is_err(), "{line}");
        }
    }
}
