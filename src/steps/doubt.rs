//! Which rows may have been sent although no answer to them is written.

/// Whether a batch may have been sent by an attempt that died: a run that ends counts it as in doubt. `found` batches
/// before it count so already, of the most that may be in flight; rows up to `doubt_until` may have been sent.
#[must_use]
pub const fn is_in_doubt(first_row: i64, found: usize, doubt_until: i64, most: usize) -> bool {
    first_row < doubt_until && found < most
}

/// Whether a batch may repeat one of an attempt before: only the first ones of an attempt can (`is_first`), as many as
/// may be in flight.
#[must_use]
pub const fn is_retry(is_first: bool, first_row: i64, doubt_until: i64) -> bool {
    is_first && first_row < doubt_until
}

/// A run at the moment at which its worker leaves it.
#[derive(Clone, Copy, Debug)]
pub struct LeftRun {
    /// Whether this is the last attempt, so that nothing may stay open.
    pub is_ended: bool,
    /// Whether the attempt was cut off, with uploads in flight.
    pub is_broken_off: bool,
    /// Rows before it have an outcome.
    pub position: i64,
    /// Rows up to here may have been sent by attempts before.
    pub doubt_until: i64,
    /// The end of the last batch that was sent in part.
    pub touched_until: Option<i64>,
}

/// Rows up to here may have been sent without an outcome; `None` when only the last checkpoint limits that. A run that
/// ends has accounted for them.
#[must_use]
pub fn sent_until(settled: &LeftRun) -> Option<i64> {
    let LeftRun { is_ended, is_broken_off, position, doubt_until, touched_until } = *settled;
    if is_ended {
        return Some(position);
    }
    let limit = touched_until.unwrap_or(0).max(doubt_until).max(position);
    (!is_broken_off).then_some(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_been_sent_is_limited_by_the_doubt_of_before_and_by_what_is_in_flight() {
        assert!(is_in_doubt(2, 0, 4, 2) && !is_in_doubt(4, 0, 4, 2) && !is_in_doubt(2, 2, 4, 2));
        assert!(is_retry(true, 2, 4) && !is_retry(false, 2, 4) && !is_retry(true, 4, 4));
    }

    #[test]
    fn a_run_that_is_released_keeps_what_may_have_been_sent() {
        let settled = LeftRun {
            is_ended: false,
            is_broken_off: false,
            position: 2,
            doubt_until: 3,
            touched_until: Some(5),
        };
        assert_eq!(sent_until(&settled), Some(5));
        assert_eq!(sent_until(&LeftRun { touched_until: None, ..settled }), Some(3));
        assert_eq!(sent_until(&LeftRun { is_broken_off: true, ..settled }), None);
        assert_eq!(sent_until(&LeftRun { is_ended: true, ..settled }), Some(2));
    }
}
