//! A planned time, and what came of it.

use chrono::TimeDelta;
use serde::Serialize;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::Time;
use crate::names::RunId;
use crate::runs::{Reason, RunStatus};

/// What came of a planned time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ExpectationStatus {
    /// It has passed, and no run was started yet.
    Due,
    /// A run was started, and has not begun.
    Waiting,
    /// A run was started for it, and has begun.
    Answered,
    /// No run was executed for it.
    Missed,
}

/// Why no run was executed for a planned time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum MissedBecause {
    /// No scheduler acted on it in time. One run made up for several such times.
    ServiceDown,
    /// The schedule was changed or switched off before a run was started.
    Unplanned,
    /// The run was skipped; its reason says why.
    RunSkipped,
    /// The run was cancelled before it began.
    RunCanceled,
}

/// A row of the table `planned_times`, with the run that answers it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PlannedTime {
    pub id: Uuid,
    pub planned_utc: Time,
    pub run_id: Option<RunId>,
    /// What the ledger knows; a run may say more.
    pub missed_because: Option<MissedBecause>,
    pub run_status: Option<RunStatus>,
    pub start_utc: Option<Time>,
    pub reason: Option<Json<Reason>>,
}

impl ExpectationStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Due, Self::Waiting, Self::Answered, Self::Missed];

    /// As responses and labels write it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Waiting => "waiting",
            Self::Answered => "answered",
            Self::Missed => "missed",
        }
    }
}

impl PlannedTime {
    /// Why it was missed, if it was.
    #[must_use]
    pub fn missed(&self) -> Option<MissedBecause> {
        match (self.missed_because, self.run_status, self.start_utc) {
            (Some(why), ..) => Some(why),
            (None, Some(RunStatus::Skipped), _) => Some(MissedBecause::RunSkipped),
            (None, Some(RunStatus::Canceled), None) => Some(MissedBecause::RunCanceled),
            _ => None,
        }
    }

    #[must_use]
    pub fn status(&self) -> ExpectationStatus {
        let has_begun = self.start_utc.is_some() || self.run_status.is_none();
        match (self.missed(), self.run_id) {
            (Some(_), _) => ExpectationStatus::Missed,
            (None, None) => ExpectationStatus::Due,
            (None, Some(_)) if has_begun => ExpectationStatus::Answered,
            (None, Some(_)) => ExpectationStatus::Waiting,
        }
    }

    /// How long after its time the run began; until now, while none has. `None` of a missed one.
    #[must_use]
    pub fn delay(&self, now: Time) -> Option<TimeDelta> {
        let until = match self.status() {
            ExpectationStatus::Due | ExpectationStatus::Waiting => Some(now),
            ExpectationStatus::Answered => self.start_utc,
            ExpectationStatus::Missed => None,
        };
        until.map(|until| (until - self.planned_utc).max(TimeDelta::zero()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expectation(run: Option<RunStatus>, has_begun: bool) -> PlannedTime {
        let planned_utc: Time = "2026-11-23T06:00:00Z".parse().unwrap();
        PlannedTime {
            id: Uuid::nil(),
            planned_utc,
            run_id: run.map(|_| RunId(Uuid::nil())),
            missed_because: None,
            run_status: run,
            start_utc: has_begun.then(|| planned_utc + TimeDelta::seconds(90)),
            reason: None,
        }
    }

    #[test]
    fn the_run_says_what_came_of_a_planned_time() {
        use ExpectationStatus::{Answered, Due, Missed, Waiting};
        for (run, has_begun, status, why) in [
            (None, false, Due, None),
            (Some(RunStatus::Queued), false, Waiting, None),
            (Some(RunStatus::Running), true, Answered, None),
            (Some(RunStatus::Queued), true, Answered, None),
            (Some(RunStatus::Failed), true, Answered, None),
            (Some(RunStatus::Canceled), true, Answered, None),
            (Some(RunStatus::Canceled), false, Missed, Some(MissedBecause::RunCanceled)),
            (Some(RunStatus::Skipped), false, Missed, Some(MissedBecause::RunSkipped)),
        ] {
            let found = expectation(run, has_begun);
            assert_eq!((found.status(), found.missed()), (status, why), "{run:?} {has_begun}");
        }
    }

    #[test]
    fn a_delay_is_counted_until_the_run_begins() {
        let now = "2026-11-23T06:10:00Z".parse().unwrap();
        let delay = |run, has_begun| expectation(run, has_begun).delay(now);
        assert_eq!(delay(Some(RunStatus::Successful), true), Some(TimeDelta::seconds(90)));
        assert_eq!(delay(None, false), Some(TimeDelta::minutes(10)));
        assert_eq!(delay(Some(RunStatus::Skipped), false), None);
    }

    #[test]
    fn a_time_that_another_run_made_up_for_was_missed() {
        let mut found = expectation(Some(RunStatus::Successful), true);
        found.missed_because = Some(MissedBecause::ServiceDown);
        assert_eq!(found.status(), ExpectationStatus::Missed);
    }
}
