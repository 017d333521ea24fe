//! Whether a run may begin, and how a worker leaves one that stops.

/// Why a run that was claimed does not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClaimObstacle {
    /// A caller asked for that before the claim.
    Canceled,
    /// An administrator has paused all runs of the instance.
    InstancePaused,
    /// Too many attempts have made no progress.
    NoProgress,
}

/// What is in the way of a run that was claimed. `stalls` counts attempts without progress, this one included.
#[must_use]
pub const fn obstacle(
    is_canceled: bool,
    is_paused: bool,
    stalls: i32,
    stalls_max: i32,
) -> Option<ClaimObstacle> {
    if is_canceled {
        Some(ClaimObstacle::Canceled)
    } else if is_paused {
        Some(ClaimObstacle::InstancePaused)
    } else if stalls > stalls_max {
        Some(ClaimObstacle::NoProgress)
    } else {
        None
    }
}

/// Why a run stops before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StopKind {
    /// No later attempt would do better, or a caller has cancelled it.
    Ends,
    /// Something outside is unavailable, or failed.
    Unavailable,
    /// The worker gives it up although nothing is wrong with it.
    Yields,
    /// Another worker has claimed the run since.
    LeaseLost,
}

/// How a worker leaves a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Leave {
    /// It writes nothing: the run is another one's.
    Silently,
    /// The run ends for the reason of the stop.
    Ended,
    /// The run fails: too many attempts have made no progress.
    GivenUp,
    /// The run is queued for a later attempt.
    Released {
        /// Whether this attempt counts as one without progress, and a pause follows.
        is_stalled: bool,
    },
}

/// How a worker leaves a run that stops for this kind of reason.
#[must_use]
pub const fn leave(stop: StopKind, stalls: i32, stalls_max: i32) -> Leave {
    match stop {
        StopKind::LeaseLost => Leave::Silently,
        StopKind::Ends => Leave::Ended,
        StopKind::Yields => Leave::Released { is_stalled: false },
        StopKind::Unavailable if stalls >= stalls_max => Leave::GivenUp,
        StopKind::Unavailable => Leave::Released { is_stalled: true },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancel_comes_before_a_pause_and_that_before_too_many_stalls() {
        assert_eq!(obstacle(true, true, 9, 3), Some(ClaimObstacle::Canceled));
        assert_eq!(obstacle(false, true, 9, 3), Some(ClaimObstacle::InstancePaused));
        assert_eq!(obstacle(false, false, 4, 3), Some(ClaimObstacle::NoProgress));
        assert_eq!(obstacle(false, false, 3, 3), None);
    }

    #[test]
    fn a_run_is_given_up_at_the_last_stall_and_nothing_is_written_without_the_lease() {
        assert_eq!(leave(StopKind::Unavailable, 2, 3), Leave::Released { is_stalled: true });
        assert_eq!(leave(StopKind::Unavailable, 3, 3), Leave::GivenUp);
        assert_eq!(leave(StopKind::Yields, 3, 3), Leave::Released { is_stalled: false });
        assert_eq!(leave(StopKind::LeaseLost, 3, 3), Leave::Silently);
    }
}
