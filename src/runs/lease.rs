//! What a worker holds while it executes a run, and how it leaves the run.

use std::time::Duration;

use super::reason::Reason;
use super::status::RunStatus;
use crate::db::Time;
use crate::names::RunId;

/// Longer than any run is postponed. What is due later than that, or was queued in the future, was written by a clock
/// that was ahead: it counts as due, because a run must not wait until the clock is there again.
pub(super) const FUTURE_MAX: Duration = Duration::from_mins(15);

/// Proof that this worker owns the run, until another one claims it with a higher fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it all")]
pub struct Lease {
    pub run: RunId,
    pub fence: i64,
}

/// Another worker holds the run: stop at once, and write nothing.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("another worker holds the run")]
pub struct LeaseLost;

/// How a worker leaves a run.
#[derive(Clone, Debug)]
#[expect(
    missing_docs,
    reason = "most variants are named so that they say it all; the others are explained"
)]
pub enum Outcome {
    Ended(RunStatus, Option<Reason>),
    /// The run waits until then for somebody who approves its plan.
    Held {
        until: Time,
        reason: Reason,
    },
    /// The run resumes later: the process stops, or Campaign Monitor needs a pause.
    Released {
        not_before: Time,
        /// Shown with the queued run.
        reason: Option<Reason>,
        /// Whether the attempt counts as a stall unless it made progress. A stop of the process does not.
        stalled: bool,
    },
}
