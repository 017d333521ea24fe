//! Whether the clock has run evenly for long enough to remove what is too old by it.
//!
//! A clock that leaps forward makes everything old at once, and what was removed does not come back when the clock is
//! corrected.

use std::mem::replace;
use std::time::{Duration, Instant};

use chrono::TimeDelta;

use crate::db::Time;

/// How long the clock must have run without a leap. Long enough for a clock that is wrong at the start of a machine to
/// be set.
const EVEN_FOR: Duration = Duration::from_hours(1);
/// By how much the clock may be set between two readings.
const LEAP_MIN: TimeDelta = TimeDelta::minutes(5);

/// Compares the clock with one that counts time and cannot be set.
pub(super) struct EvenClock {
    since: Instant,
    last: (Instant, Time),
}

impl EvenClock {
    pub(super) const fn new(at: Instant, now: Time) -> Self {
        Self { since: at, last: (at, now) }
    }

    /// Whether the clock, which shows `now`, has not moved for an hour before the moment `at`.
    pub(super) fn is_even(&mut self, at: Instant, now: Time) -> bool {
        let (last_at, last) = replace(&mut self.last, (at, now));
        let passed = TimeDelta::from_std(at - last_at).unwrap_or(TimeDelta::MAX);
        let leap = (now - last) - passed;
        if leap.abs() > LEAP_MIN {
            self.since = at;
            tracing::error!(
                leap_seconds = leap.num_seconds(),
                now = now.to_rfc3339(),
                "the clock moved, or the machine slept: nothing is removed for an hour. If the time is wrong, correct \
                 the clock"
            );
        }
        at - self.since >= EVEN_FOR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    /// Reads a clock each minute, with leaps of so many minutes before some. Returns whether it was even.
    fn readings(count: u32, leaps: &[(u32, i64)]) -> Vec<bool> {
        let (at, now) = (Instant::now(), Time::UNIX_EPOCH);
        let (mut clock, mut moved) = (EvenClock::new(at, now), TimeDelta::zero());
        let read = |minute: u32| {
            let of_now = leaps.iter().filter(|(before, _)| *before == minute);
            moved += of_now.map(|(_, minutes)| TimeDelta::minutes(*minutes)).sum();
            let passed = TimeDelta::minutes(i64::from(minute));
            clock.is_even(at + MINUTE * minute, now + passed + moved)
        };
        (0..count).map(read).collect()
    }

    #[test]
    fn a_clock_is_even_an_hour_after_the_start() {
        let even = readings(62, &[]);
        assert_eq!(even.iter().position(|even| *even), Some(60));
        assert!(even[60] && even[61]);
    }

    #[test]
    fn nothing_is_removed_for_an_hour_after_a_leap_and_after_its_correction() {
        let even = readings(300, &[(100, 720_000), (101, -720_000)]);
        assert!(even[99] && even[100..161].iter().all(|even| !even), "{even:?}");
        assert!(even[161..].iter().all(|even| *even), "{even:?}");
    }

    #[test]
    fn a_clock_that_is_set_by_a_second_stays_even() {
        let (at, now) = (Instant::now(), Time::UNIX_EPOCH);
        let mut clock = EvenClock::new(at, now);
        assert!(clock.is_even(at + MINUTE * 60, now + TimeDelta::seconds(3601)));
    }
}
