//! Expected and actual on the wire: planned times with what came of them, and how old the data on a list is.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::alerts::freshness::Freshness;
use crate::db::Time;
use crate::expectations::{ExpectationStatus, MissedBecause, PlannedTime};
use crate::names::RunId;
use crate::runs::{Reason, RunStatus};

/// A planned time that has passed, and what came of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExpectationView {
    pub planned_utc: DateTime<Utc>,
    pub status: ExpectationStatus,
    /// `null` unless it was missed.
    #[schema(required)]
    pub missed_because: Option<MissedBecause>,
    /// The run that answers it, or that made up for it later; `null` while there is none.
    #[schema(required)]
    pub run_id: Option<RunId>,
    #[schema(required)]
    pub run_status: Option<RunStatus>,
    /// When the run began.
    #[schema(required)]
    pub start_utc: Option<DateTime<Utc>>,
    /// Seconds from the planned time until the run began, or until now while none has; `null` when it was missed.
    #[schema(required, example = 2)]
    pub delay_seconds: Option<i64>,
    /// Why the run ended as it did, or why it waits.
    #[schema(required)]
    pub reason: Option<Reason>,
}

/// How old the data on the list is, by when the segments were refreshed that the last complete run read.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FreshnessView {
    /// `null` until a run has brought data.
    #[schema(required, minimum = 0, example = 2.5)]
    pub age_hours: Option<f64>,
    /// The limit of the rule `notFresh`; `null` when no such rule is valid.
    #[schema(required, example = 48)]
    pub objective_hours: Option<i64>,
    /// The part of the last 30 days in which the data was younger than the objective, from 0 to 1; `null` without data
    /// or objective.
    #[serde(rename = "attained30Days")]
    #[schema(required, minimum = 0, maximum = 1, example = 0.9986)]
    pub attained_30_days: Option<f64>,
}

/// Planned times, newest first, and how old the data on the list is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExpectationsView {
    #[schema(max_items = 200)]
    pub items: Vec<ExpectationView>,
    /// Where the next page starts; `null` on the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
    pub freshness: FreshnessView,
}

impl ExpectationView {
    pub fn of(expectation: PlannedTime, now: Time) -> Self {
        Self {
            planned_utc: expectation.planned_utc,
            status: expectation.status(),
            missed_because: expectation.missed(),
            delay_seconds: expectation.delay(now).map(|delay| delay.num_seconds()),
            run_id: expectation.run_id,
            run_status: expectation.run_status,
            start_utc: expectation.start_utc,
            reason: expectation.reason.map(|reason| reason.0),
        }
    }
}

impl FreshnessView {
    pub fn of(freshness: &Freshness, now: Time) -> Self {
        let hours = |since: Time| (now - since).as_seconds_f64().max(0.0) / 3600.0;
        Self {
            age_hours: freshness.data_utc.map(|since| rounded(hours(since), 100.0)),
            objective_hours: freshness.objective_hours,
            attained_30_days: freshness.attained.map(|part| rounded(part, 10_000.0)),
        }
    }
}

/// To so many parts of one.
fn rounded(number: f64, parts: f64) -> f64 {
    (number * parts).round() / parts
}
