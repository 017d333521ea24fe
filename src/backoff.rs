//! How long to wait before another attempt: longer each time, and spread so that those who wait do not return in step.

use std::time::Duration;

/// Later attempts wait no longer: from there on only `most` matters.
const DOUBLINGS_MAX: u32 = 10;

/// The pause after attempt `attempt`, counted from 1: `first`, doubled with each attempt up to `most`, of which
/// `random` (0 to 1) chooses a part between a half and all.
pub fn pause(first: Duration, most: Duration, attempt: u32, random: f64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(DOUBLINGS_MAX);
    let longest = first.saturating_mul(2_u32.pow(doublings)).min(most);
    longest.mul_f64(f64::midpoint(1.0, random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_doubles_up_to_the_longest_and_is_spread_over_its_second_half() {
        let (first, most) = (Duration::from_millis(200), Duration::from_mins(1));
        for (attempt, random, expected_ms) in [
            (0, 1.0, 200),
            (1, 1.0, 200),
            (1, 0.0, 100),
            (2, 1.0, 400),
            (2, 0.5, 300),
            (3, 1.0, 800),
            (9, 1.0, 51_200),
            (10, 1.0, 60_000),
            (10, 0.0, 30_000),
            (u32::MAX, 1.0, 60_000),
        ] {
            let pause = pause(first, most, attempt, random);
            let expected = Duration::from_millis(expected_ms);
            assert_eq!(pause, expected, "attempt {attempt}, random {random}");
        }
        let longest = pause(first, Duration::MAX, u32::MAX, 1.0);
        assert_eq!(longest, first * 1024, "the doublings end");
    }
}
