//! What earlier runs of an export say about what is usual.

use chrono::{Datelike, Weekday};
use sqlx::Result;

use super::deviation::Usual;
use super::store_history::{self, CompletedRun};
use crate::db::{ReadHandle, Time};
use crate::exports::Export;
use crate::names::RunId;
use crate::schedules::TimeZone;

/// Runs that are read at a time. Of an export with one run a day the first ones are enough.
const STEP: i64 = 100;
/// The most runs that are read: those of five working days, one each minute, lie between two weekends.
const READ_MAX: usize = 7500;
/// How many runs say how long one takes.
const DURATIONS: i64 = 14;

/// The numbers of profiles that runs of an export had lately, on days of the same kind as this time. However many runs
/// of the other kind of day lie between them, they are sought, within a week.
pub async fn usual_count(
    tx: &mut ReadHandle,
    export: &Export,
    (run, at): (RunId, Time),
    count: i64,
) -> Result<Option<Usual>> {
    let zone = export.schedule.timezone.clone().unwrap_or(TimeZone::UTC);
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    let is_same =
        |past: &&CompletedRun| is_weekend(&zone, past.submitted_utc) == is_weekend(&zone, at);
    let (mut counts, mut read, mut before) = (vec![], 0, run);
    while counts.len() < most && read < READ_MAX {
        let runs = store_history::completed(tx, export.id, before, STEP).await?;
        let Some(oldest) = runs.last() else { break };
        (read, before) = (read + runs.len(), oldest.id);
        counts.extend(runs.iter().filter(is_same).map(|past| past.selected));
    }
    counts.truncate(most);
    Ok(Usual::of(&counts))
}

/// How long runs of an export took lately, in milliseconds.
pub async fn usual_duration(
    tx: &mut ReadHandle,
    export: &Export,
    run: RunId,
) -> Result<Option<i64>> {
    let runs = store_history::completed(tx, export.id, run, DURATIONS).await?;
    let durations: Vec<_> =
        runs.iter().map(|past| (past.end_utc - past.start_utc).num_milliseconds()).collect();
    Ok(Usual::of(&durations).map(|usual| usual.median))
}

/// Working days and days off are the two kinds: segments of shops change otherwise on Sundays.
fn is_weekend(zone: &TimeZone, time: Time) -> bool {
    let day = zone.wall(time).unwrap_or_else(|| time.naive_utc()).weekday();
    matches!(day, Weekday::Sat | Weekday::Sun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_day_is_that_of_the_time_zone() {
        let riga = TimeZone::try_from("Europe/Riga".to_owned()).unwrap();
        let time: Time = "2026-11-29T23:00:00Z".parse().unwrap();
        assert!(is_weekend(&TimeZone::UTC, time), "a Sunday");
        assert!(!is_weekend(&riga, time), "already Monday");
    }
}
