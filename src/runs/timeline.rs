//! Where the time of a run went: every moment from its submission to its end belongs to one phase.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::db::Time;

/// What a run waited for at a moment. `docs/RUNS.md` says how moments are distinguished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RunPhase {
    /// No worker had it.
    Queued,
    Preparing,
    Reading,
    Encoding,
    WaitingForSlot,
    Throttled,
    Uploading,
    Writing,
    Verifying,
}

impl RunPhase {
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Preparing,
        Self::Reading,
        Self::Encoding,
        Self::WaitingForSlot,
        Self::Throttled,
        Self::Uploading,
        Self::Writing,
        Self::Verifying,
    ];
}

/// The time from the submission of a run to `until_utc`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    /// Up to when the time is accounted for.
    pub until_utc: Time,
    /// Microseconds of each phase.
    spent: BTreeMap<RunPhase, i64>,
}

impl Timeline {
    /// Of a run that was submitted at this time.
    #[must_use]
    pub const fn begun(submitted: Time) -> Self {
        Self { until_utc: submitted, spent: BTreeMap::new() }
    }

    /// Adds microseconds of a phase; when they were, `until_utc` says.
    pub(crate) fn add(&mut self, phase: RunPhase, micros: i64) {
        *self.spent.entry(phase).or_default() += micros;
    }

    /// With the time since it was written, in which no worker had the run.
    #[must_use]
    pub fn queued_until(mut self, now: Time) -> Self {
        let micros = (now - self.until_utc).num_microseconds().unwrap_or_default();
        self.add(RunPhase::Queued, micros.max(0));
        self.until_utc = self.until_utc.max(now);
        self
    }

    /// Milliseconds of each phase, so rounded that they add up to those of the whole.
    pub(crate) fn milliseconds(&self) -> BTreeMap<RunPhase, i64> {
        let mut end = 0;
        let rounded = |micros: i64| (micros + 500) / 1000;
        let phase = |phase: RunPhase| {
            let begin = end;
            end += self.spent.get(&phase).copied().unwrap_or_default();
            (phase, rounded(end) - rounded(begin))
        };
        RunPhase::ALL.into_iter().map(phase).collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn milliseconds_add_up_to_those_of_the_whole() {
        let start = DateTime::UNIX_EPOCH;
        let mut timeline =
            Timeline::begun(start).queued_until(start + TimeDelta::microseconds(1_400));
        timeline.add(RunPhase::Reading, 1_400);
        timeline.add(RunPhase::Uploading, 1_400);
        let phases = timeline.milliseconds();
        assert_eq!(phases.values().sum::<i64>(), 4, "4.2 ms: {phases:?}");
        assert_eq!(phases.len(), 9);
    }

    #[test]
    fn a_clock_that_goes_back_takes_no_time_away() {
        let start = DateTime::UNIX_EPOCH;
        let timeline = Timeline::begun(start).queued_until(start - TimeDelta::seconds(1));
        assert_eq!(timeline.milliseconds()[&RunPhase::Queued], 0);
        assert_eq!(timeline.until_utc, start);
    }
}
