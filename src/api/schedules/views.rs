//! Schedules on the wire.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::Time;
use crate::schedules::refresh::{ClockTime, Planned, Recurrence, RefreshSchedule, Weekday};
use crate::schedules::times::{CronLine, TimeZone};
use crate::schedules::{SHOWN, Schedule, ScheduleKind};

/// The schedule of an export, and what comes of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleView {
    pub kind: ScheduleKind,
    pub active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<TimeZone>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub cron: Vec<CronLine>,
    /// The next five planned times; none when it does not start by itself.
    pub next_runs_utc: Vec<DateTime<Utc>>,
}

impl ScheduleView {
    #[must_use]
    pub fn of(schedule: Schedule, next_runs_utc: Vec<Time>) -> Self {
        let Schedule { kind, active, timezone, cron } = schedule;
        Self { kind, active, timezone, cron, next_runs_utc }
    }
}

/// When the system refresh of the instance comes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefreshScheduleView {
    pub instance_id: Uuid,
    pub active: bool,
    pub recurrence: Recurrence,
    pub weekdays: Vec<Weekday>,
    pub timezone: TimeZone,
    pub times: Vec<ClockTime>,
    /// The next five planned times; none when it is off.
    pub next_runs_utc: Vec<DateTime<Utc>>,
    /// 0 until somebody sets it.
    pub version: i64,
    #[schema(required)]
    pub created_by: Option<String>,
    #[schema(required)]
    pub created_utc: Option<DateTime<Utc>>,
    #[schema(required)]
    pub updated_by: Option<String>,
    #[schema(required)]
    pub updated_utc: Option<DateTime<Utc>>,
}

impl RefreshScheduleView {
    #[must_use]
    pub fn of(instance_id: Uuid, planned: Option<Planned>, now: Time) -> Self {
        let next_runs_utc =
            planned.as_ref().map_or_else(Vec::new, |planned| planned.upcoming(now, SHOWN));
        let (schedule, stamps) = planned
            .map_or_else(Default::default, |planned| (planned.schedule.0, Some(planned.stamps)));
        let RefreshSchedule { active, recurrence, weekdays, timezone, times } = schedule;
        Self {
            instance_id,
            active,
            recurrence,
            weekdays,
            timezone,
            times,
            next_runs_utc,
            version: stamps.as_ref().map_or(0, |stamps| stamps.version),
            created_by: stamps.as_ref().map(|stamps| stamps.created_by.clone()),
            created_utc: stamps.as_ref().map(|stamps| stamps.created_utc),
            updated_by: stamps.as_ref().map(|stamps| stamps.updated_by.clone()),
            updated_utc: stamps.as_ref().map(|stamps| stamps.updated_utc),
        }
    }
}
