//! When exports run by themselves. `docs/SCHEDULES.md` has the rules.
//!
//! An export has a schedule: with every system refresh, at times of its own, or never. An instance has one schedule
//! of system refreshes. The next planned time of each is in the database; the scheduler that moves it on starts the
//! runs.

pub(crate) mod refresh;
pub mod store;
pub(crate) mod times;
pub mod zones;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::{ReadHandle, Time};
use crate::wire::list;
pub(crate) use times::{CronLine, TimeZone};

/// Cron lines of a schedule; part of the contract.
pub const LINES_MAX: usize = 10;
/// Planned times in a response.
pub const SHOWN: usize = 5;

/// When an export runs by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Schedule {
    /// What starts the export by itself.
    pub kind: ScheduleKind,
    /// Whether the export starts by itself at all.
    #[serde(default = "yes")]
    pub active: bool,
    /// Time zone in which `cron` is read; only with `custom`. UTC when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<TimeZone>,
    /// When, in cron lines; only with `custom`.
    #[serde(
        default,
        deserialize_with = "list::<LINES_MAX, _, _>",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[schema(max_items = 10)]
    pub cron: Vec<CronLine>,
}

const fn yes() -> bool {
    true
}

/// What starts an export by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ScheduleKind {
    /// Every system refresh of the instance.
    SystemRefresh,
    /// The times of `cron`.
    Custom,
    /// Nothing; only a caller starts it.
    Manual,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { kind: ScheduleKind::SystemRefresh, active: true, timezone: None, cron: vec![] }
    }
}

impl Schedule {
    /// Whether the export runs by itself.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.active && self.kind != ScheduleKind::Manual
    }

    /// Whether every system refresh starts it.
    #[must_use]
    pub fn follows_refreshes(&self) -> bool {
        self.active && self.kind == ScheduleKind::SystemRefresh
    }

    /// The times of `cron` after `after`, in order.
    pub fn upcoming(&self, after: Time) -> impl Iterator<Item = Time> + '_ {
        let lines = if self.active { self.cron.as_slice() } else { &[] };
        times::upcoming(self.timezone.clone().unwrap_or(TimeZone::UTC), lines, after)
    }

    /// `None` when no time is planned after `after`.
    #[must_use]
    pub fn next(&self, after: Time) -> Option<Time> {
        self.upcoming(after).next()
    }
}

/// The next `SHOWN` times at which an export of `instance` starts by itself, after `now`; `planned` is the one that is
/// stored.
pub async fn next_runs(
    tx: &mut ReadHandle,
    instance: Uuid,
    schedule: &Schedule,
    planned: Option<Time>,
    now: Time,
) -> sqlx::Result<Vec<Time>> {
    if !schedule.follows_refreshes() {
        return Ok(schedule.upcoming(times::shown_after(planned, now)).take(SHOWN).collect());
    }
    let refresh = store::get(tx, instance).await?;
    Ok(refresh.map_or_else(Vec::new, |refresh| refresh.upcoming(now, SHOWN)))
}
