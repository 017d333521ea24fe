//! When a message that was not accepted is sent once more: the schedule of Standard Webhooks.

use std::time::Duration;

/// The pause after each try that failed; after the last one nothing more is tried.
const PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];
/// A pause is longer by up to this part of it, so that messages do not come in step.
const JITTER: f64 = 0.1;

/// The pause after try number `attempt`, counted from 1; `None`: it was the last one. `asked`: what the other side
/// asked for, which is kept up to a day.
#[must_use]
pub fn next_pause(attempt: i32, asked: Option<Duration>, random: f64) -> Option<Duration> {
    let at = usize::try_from(attempt).ok()?.checked_sub(1)?;
    let planned = PAUSES.get(at)?.mul_f64(1.0 + JITTER * random);
    Some(planned.max(asked.unwrap_or_default().min(Duration::from_hours(24))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_tried_ten_times_within_four_days() {
        let pauses: Vec<_> = (1..).map_while(|attempt| next_pause(attempt, None, 0.0)).collect();
        assert_eq!(pauses, PAUSES);
        let sum: Duration = (1..10).filter_map(|attempt| next_pause(attempt, None, 1.0)).sum();
        assert!(sum < Duration::from_hours(96), "{sum:?}");
        assert_eq!(next_pause(0, None, 0.0), None);
    }

    #[test]
    fn a_pause_that_was_asked_for_is_kept_and_ends_after_a_day() {
        let asked = |asked| next_pause(1, Some(asked), 0.0).unwrap();
        assert_eq!(asked(Duration::from_secs(1)), Duration::from_secs(5));
        assert_eq!(asked(Duration::from_mins(2)), Duration::from_mins(2));
        assert_eq!(asked(Duration::from_hours(1000)), Duration::from_hours(24));
    }
}
