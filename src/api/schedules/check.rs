//! Whether a schedule is valid. All errors are reported at once, each with its JSON pointer.

use std::collections::HashSet;
use std::hash::Hash;

use chrono::TimeDelta;

use crate::db::Time;
use crate::http::problem::{FieldError, Problem};
use crate::schedules::refresh::{Recurrence, RefreshSchedule};
use crate::schedules::times::{self, TimeZone};
use crate::schedules::{LINES_MAX, Schedule, ScheduleKind};

/// Between two planned times of an export. A million profiles may take 20 minutes; a planned time is skipped while the
/// previous run is active.
const APART_MIN: TimeDelta = TimeDelta::minutes(15);
/// How many planned times are checked for `APART_MIN`.
const TIMES_CHECKED: usize = 100;

/// Checks the schedule of an export; `pointer` is where the body has it.
pub fn check(schedule: &Schedule, pointer: &str, now: Time) -> Result<(), Problem> {
    let (zone, cron) = (format!("{pointer}/timezone"), format!("{pointer}/cron"));
    let errors = match schedule.kind {
        ScheduleKind::Custom => check_custom(schedule, zone, &cron, now),
        ScheduleKind::SystemRefresh | ScheduleKind::Manual => {
            let strange = [(schedule.timezone.is_some(), zone), (!schedule.cron.is_empty(), cron)];
            let strange = strange.into_iter().filter(|(is_there, _)| *is_there);
            strange.map(|(_, pointer)| not_of_this_kind(pointer, ("kind", "custom"))).collect()
        }
    };
    Problem::none_of(errors)
}

fn check_custom(schedule: &Schedule, zone: String, cron: &str, now: Time) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if schedule.timezone.is_none() {
        let message = "A custom schedule needs a time zone, such as Europe/Riga or UTC.";
        errors.push(FieldError::new(zone, "missing", message));
    }
    if !(1..=LINES_MAX).contains(&schedule.cron.len()) {
        let message = format!("A custom schedule needs 1 to {LINES_MAX} cron lines.");
        errors.push(
            FieldError::new(cron, "wrongNumber", message).with("min", 1_i64).with("max", LINES_MAX),
        );
        return errors;
    }
    for (index, line) in schedule.cron.iter().enumerate() {
        if line.next(&TimeZone::UTC, now).is_none() {
            let message = "This cron line never matches a date. Check the day and the month.";
            errors.push(FieldError::new(format!("{cron}/{index}"), "neverComes", message));
        }
    }
    if errors.is_empty() && are_too_close(schedule, now) {
        let least = APART_MIN.num_minutes();
        let message = format!("Leave at least {least} minutes between the runs of an export.");
        errors.push(FieldError::new(cron, "tooClose", message).with("minutes", least));
    }
    errors
}

/// In UTC, so that changes of the clock do not matter.
fn are_too_close(schedule: &Schedule, now: Time) -> bool {
    let times: Vec<_> =
        times::upcoming(TimeZone::UTC, &schedule.cron, now).take(TIMES_CHECKED).collect();
    times.windows(2).any(|pair| pair[1] - pair[0] < APART_MIN)
}

/// Checks when the system refresh of an instance runs.
pub fn check_refresh(schedule: &RefreshSchedule) -> Result<(), Problem> {
    let mut errors = Vec::new();
    match (schedule.recurrence, schedule.weekdays.is_empty()) {
        (Recurrence::Weekly, true) => {
            let message = "A weekly refresh needs at least one weekday.";
            errors.push(FieldError::new("/weekdays", "missing", message));
        }
        (Recurrence::Daily, false) => {
            errors.push(not_of_this_kind("/weekdays".into(), ("recurrence", "weekly")));
        }
        _ => {}
    }
    if !(1..=4).contains(&schedule.times.len()) {
        let message = "A refresh schedule needs 1 to 4 times of day.";
        errors.push(
            FieldError::new("/times", "wrongNumber", message).with("min", 1_i64).with("max", 4_i64),
        );
    }
    errors.extend(repeated(&schedule.weekdays, "/weekdays"));
    errors.extend(repeated(&schedule.times, "/times"));
    Problem::none_of(errors)
}

/// An error for each item that the list already has.
pub fn repeated<T: Eq + Hash>(items: &[T], pointer: &str) -> Vec<FieldError> {
    let mut seen = HashSet::new();
    let repeated = items.iter().enumerate().filter(|(_, item)| !seen.insert(*item));
    repeated
        .map(|(index, _)| {
            FieldError::new(
                format!("{pointer}/{index}"),
                "repeated",
                "This item is repeated. Send each item once.",
            )
        })
        .collect()
}

/// A member that another kind, mode or recurrence has: `of` names which, and its word.
pub fn not_of_this_kind(pointer: String, of: (&str, &str)) -> FieldError {
    let (what, word) = of;
    let message = format!("Only the {what} {word} has this member. Remove it.");
    FieldError::new(pointer, "notOfThisKind", message).with(what, word)
}
