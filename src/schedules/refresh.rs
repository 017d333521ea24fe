//! The schedule of the system refresh of an instance, which starts every export that follows it.

use chrono::{NaiveTime, Timelike};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::times::{self, CronLine, TimeZone};
use crate::audit::Snapshot;
use crate::db::{Stamps, Time};
use crate::wire::list;

/// When the system refresh of an instance takes place. It is off until a caller sets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefreshSchedule {
    /// Whether it takes place at all.
    pub active: bool,
    /// Whether it takes place every day, or on some days of the week.
    pub recurrence: Recurrence,
    /// The days of a week; only with `weekly`, and then at least one.
    #[serde(default, deserialize_with = "list::<7, _, _>")]
    #[schema(max_items = 7)]
    pub weekdays: Vec<Weekday>,
    /// Time zone in which `times` are read.
    pub timezone: TimeZone,
    /// Times of these days, each once.
    #[serde(deserialize_with = "list::<4, _, _>")]
    #[schema(min_items = 1, max_items = 4)]
    pub times: Vec<ClockTime>,
}

/// On which days a refresh takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Recurrence {
    Daily,
    /// On the days in `weekdays`.
    Weekly,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Weekday {
    Sunday,
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
}

/// A time of day, `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(
    value_type = String,
    max_length = 5,
    pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$",
    example = "06:00"
)]
pub struct ClockTime(NaiveTime);

impl TryFrom<String> for ClockTime {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let time = NaiveTime::parse_from_str(&text, "%H:%M").ok().filter(|_| text.len() == 5);
        time.map(Self).ok_or("a time is HH:MM, from 00:00 to 23:59")
    }
}

impl From<ClockTime> for String {
    fn from(time: ClockTime) -> Self {
        time.0.format("%H:%M").to_string()
    }
}

impl Default for RefreshSchedule {
    fn default() -> Self {
        Self {
            active: false,
            recurrence: Recurrence::Weekly,
            weekdays: vec![Weekday::Monday],
            timezone: TimeZone::UTC,
            times: vec![ClockTime(NaiveTime::MIN)],
        }
    }
}

impl RefreshSchedule {
    /// The planned times after `after`, at most `count`.
    #[must_use]
    pub fn upcoming(&self, after: Time, count: usize) -> Vec<Time> {
        let lines = if self.active { self.lines() } else { vec![] };
        times::upcoming(self.timezone.clone(), &lines, after).take(count).collect()
    }

    /// The first planned time after `after`.
    #[must_use]
    pub fn next(&self, after: Time) -> Option<Time> {
        self.upcoming(after, 1).pop()
    }

    fn lines(&self) -> Vec<CronLine> {
        let days: Vec<_> = self.weekdays.iter().map(|day| (*day as u8).to_string()).collect();
        let days = match self.recurrence {
            Recurrence::Daily => "*".to_owned(),
            Recurrence::Weekly => days.join(","),
        };
        let line = |time: &ClockTime| format!("{} {} * * {days}", time.0.minute(), time.0.hour());
        self.times.iter().filter_map(|time| CronLine::try_from(line(time)).ok()).collect()
    }
}

/// The schedule of an instance, as it is stored. The columns are explained in the migration.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Planned {
    pub instance_id: Uuid,
    pub schedule: Json<RefreshSchedule>,
    pub next_planned_utc: Option<Time>,
    #[sqlx(flatten)]
    pub stamps: Stamps,
}

impl Planned {
    /// The next `count` times at which a system refresh starts, after `now`.
    #[must_use]
    pub fn upcoming(&self, now: Time, count: usize) -> Vec<Time> {
        self.schedule.upcoming(times::shown_after(self.next_planned_utc, now), count)
    }
}

impl From<(Uuid, &RefreshSchedule)> for Snapshot {
    fn from((instance, schedule): (Uuid, &RefreshSchedule)) -> Self {
        Self { name: None, ..Self::of(&instance, "", schedule) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(schedule: &str, after: &str, count: usize) -> Vec<String> {
        let schedule: RefreshSchedule = serde_json::from_str(schedule).unwrap();
        let times = schedule.upcoming(after.parse().unwrap(), count);
        times.iter().map(|time| time.format("%a %H:%M").to_string()).collect()
    }

    #[test]
    fn a_daily_refresh_comes_up_to_four_times_a_day() {
        let daily = r#"{"active": true, "recurrence": "daily", "timezone": "Europe/Riga",
            "times": ["23:30", "06:00", "12:00", "18:15"]}"#;
        assert_eq!(
            next(daily, "2026-01-05T00:00:00Z", 5),
            ["Mon 04:00", "Mon 10:00", "Mon 16:15", "Mon 21:30", "Tue 04:00"]
        );
    }

    #[test]
    fn a_weekly_refresh_comes_on_its_days() {
        let weekly = r#"{"active": true, "recurrence": "weekly", "weekdays": ["sunday", "wednesday"],
            "timezone": "UTC", "times": ["06:00"]}"#;
        assert_eq!(
            next(weekly, "2026-01-05T00:00:00Z", 3),
            ["Wed 06:00", "Sun 06:00", "Wed 06:00"]
        );
    }

    #[test]
    fn a_refresh_that_is_off_has_no_times() {
        assert!(RefreshSchedule::default().next("2026-01-05T00:00:00Z".parse().unwrap()).is_none());
    }
}
