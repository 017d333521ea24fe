//! Whether the baseline of an export moves when a worker leaves its run: never further than the answers.

/// How a worker leaves a run, as far as the baseline depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunEnd {
    /// It is over, and no attempt comes after this one.
    Ended {
        /// Campaign Monitor has acknowledged records without storing all of their values.
        has_lost_values: bool,
    },
    /// Somebody has to approve the plan before an attempt follows.
    Held,
    /// Another attempt follows, after a pause or at once.
    Released,
}

/// What a worker that leaves its run makes of what it has acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BaselineMove {
    /// It stays: the answers of a later attempt would be missing in it.
    Stays,
    /// Only what was done to people who left counts; the next run sends every member.
    LeaversOnly,
    /// What was acknowledged is folded into it, in the transaction that settles the run.
    Folds,
}

/// Whether the baseline moves. A run that waits has sent everybody, or its baseline stays.
#[must_use]
pub const fn baseline_move(end: RunEnd, position: i64, selected: i64) -> BaselineMove {
    match end {
        RunEnd::Released => BaselineMove::Stays,
        RunEnd::Held if position < selected => BaselineMove::Stays,
        RunEnd::Ended { has_lost_values: true } => BaselineMove::LeaversOnly,
        RunEnd::Held | RunEnd::Ended { .. } => BaselineMove::Folds,
    }
}

/// What a baseline says of itself beside its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BaselineMarks {
    /// Its contents are hashed as this run does.
    pub takes_fingerprint: bool,
    /// It names this run as its last one. A baseline that does not name the last run that sent is behind, and the next
    /// run sends every member.
    pub names_run: bool,
}

/// The marks of the next version. `is_for_all`: the run came to everybody, or there was no version before. `is_behind`:
/// an earlier run has sent what the baseline does not have, so only a run that comes to everybody makes it complete.
/// `has_changed`: Campaign Monitor got anything of the run.
#[must_use]
pub const fn baseline_marks(is_for_all: bool, is_behind: bool, has_changed: bool) -> BaselineMarks {
    let is_still_behind = is_behind && !is_for_all;
    BaselineMarks { takes_fingerprint: is_for_all, names_run: has_changed && !is_still_behind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_moves_only_with_a_run_that_ends_or_has_sent_everybody() {
        let ended = RunEnd::Ended { has_lost_values: false };
        assert_eq!(baseline_move(RunEnd::Released, 3, 3), BaselineMove::Stays);
        assert_eq!(baseline_move(RunEnd::Held, 2, 3), BaselineMove::Stays);
        assert_eq!(baseline_move(RunEnd::Held, 3, 3), BaselineMove::Folds);
        assert_eq!(baseline_move(ended, 2, 3), BaselineMove::Folds);
        let lost = RunEnd::Ended { has_lost_values: true };
        assert_eq!(baseline_move(lost, 3, 3), BaselineMove::LeaversOnly);
    }

    #[test]
    fn a_baseline_that_is_behind_names_only_a_run_that_came_to_everybody() {
        let marks = |is_for_all, is_behind| baseline_marks(is_for_all, is_behind, true);
        assert!(marks(true, true).names_run && !marks(false, true).names_run);
        assert!(marks(false, false).names_run && !marks(false, false).takes_fingerprint);
        assert!(!baseline_marks(true, false, false).names_run);
    }
}
