//! How far a run has come, how fast, and when it should be done.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::run::Run;
use super::status::RunStatus;

/// How far a run has come.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"fraction": 0.503, "profilesPerSecond": 21_000.0, "etaUtc": "2026-11-24T06:01:30Z"}))]
pub struct ProgressView {
    /// Of the selected profiles, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub fraction: f64,
    /// Mean since the start.
    #[schema(minimum = 0)]
    pub profiles_per_second: f64,
    /// When it should be done; `null` when it does not run or nothing can be said yet.
    #[schema(required)]
    pub eta_utc: Option<DateTime<Utc>>,
}

impl ProgressView {
    /// The progress of a run as it is at `now`.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a run has far fewer than 2^52 profiles")]
    pub fn of(run: &Run, now: DateTime<Utc>) -> Self {
        let (selected, accounted) = (run.counts.selected as f64, run.counts.accounted() as f64);
        let until = run.end_utc.unwrap_or(now);
        let elapsed = run.start_utc.map_or(0.0, |start| (until - start).as_seconds_f64());
        let profiles_per_second = if elapsed > 0.0 { accounted / elapsed } else { 0.0 };
        let eta_utc = (run.status == RunStatus::Running && profiles_per_second > 0.0)
            .then(|| seconds(run.counts.remaining() as f64 / profiles_per_second))
            .flatten()
            .and_then(|left| now.checked_add_signed(left));
        let fraction = if selected > 0.0 {
            accounted / selected
        } else {
            f64::from(u8::from(run.status.is_ended()))
        };
        Self { fraction, profiles_per_second, eta_utc }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float cast to an integer stays in range by itself"
)]
fn seconds(seconds: f64) -> Option<TimeDelta> {
    TimeDelta::try_milliseconds((seconds * 1000.0) as i64)
}
