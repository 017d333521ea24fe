//! How old the data on a list is, and how long it was as young as the rule asks.
//!
//! The data is as old as the oldest segment was that the last run read: a run that sends old data makes a list no
//! younger.

use chrono::TimeDelta;
use sqlx::Result;

use super::rule_kind::RuleKind;
use super::store_history::{self, Brought};
use super::store_rules;
use crate::db::{ReadHandle, Time};
use crate::exports::Export;

/// How far back attainment is computed.
const ATTAINED: TimeDelta = TimeDelta::days(30);

/// The age of the data on a list, and what is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Freshness {
    /// When the data was refreshed that is on the list; `None`: no run has brought any.
    pub data_utc: Option<Time>,
    /// Of the rule `notFresh`; `None`: there is none.
    pub objective_hours: Option<i64>,
    /// The part of the last 30 days in which the data was that young, from 0 to 1; `None` without data or objective.
    pub attained: Option<f64>,
}

/// Of an export, at `now`.
pub async fn of_export(tx: &mut ReadHandle, export: &Export, now: Time) -> Result<Freshness> {
    let rules = store_rules::of_export(tx, export.instance_id, export.id).await?;
    let objective_hours = rules.of(RuleKind::NotFresh).map(super::rule::AlertRule::hours);
    let Some(hours) = objective_hours else {
        let data_utc = data_utc(tx, export, now).await?;
        return Ok(Freshness { data_utc, objective_hours, attained: None });
    };
    let since = now - ATTAINED;
    let mut brought = store_history::brought_since(tx, export.id, since).await?;
    brought.extend(store_history::last_brought(tx, export.id, since).await?);
    brought.sort_by_key(|brought| brought.end_utc);
    Ok(Freshness {
        data_utc: brought.last().map(|brought| brought.data_utc),
        objective_hours,
        attained: attained(&brought, TimeDelta::hours(hours), (since, now)),
    })
}

/// When the data was refreshed that the last complete run before `now` brought; `None`: there was none.
pub async fn data_utc(tx: &mut ReadHandle, export: &Export, now: Time) -> Result<Option<Time>> {
    let last = store_history::last_brought(tx, export.id, now).await?;
    Ok(last.map(|brought| brought.data_utc))
}

/// The part of the time between two moments in which the data was at most this old, from the first data on. `brought`
/// is in the order in which the runs ended.
fn attained(brought: &[Brought], objective: TimeDelta, (since, now): (Time, Time)) -> Option<f64> {
    let first = brought.first()?.end_utc.max(since);
    let ends = brought.iter().skip(1).map(|next| next.end_utc).chain([now]);
    let young = brought.iter().zip(ends).map(|(brought, end)| {
        let begin = brought.end_utc.max(since);
        (end.min(brought.data_utc + objective) - begin).max(TimeDelta::zero())
    });
    let (young, all): (TimeDelta, _) = (young.sum(), now - first);
    (all > TimeDelta::zero()).then(|| (young.as_seconds_f64() / all.as_seconds_f64()).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(hour: i64) -> Time {
        Time::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    fn part(brought: &[(i64, i64)], since: i64) -> Option<f64> {
        let brought = brought
            .iter()
            .map(|(end, data)| Brought { end_utc: time(*end), data_utc: time(*data) });
        attained(&brought.collect::<Vec<_>>(), TimeDelta::hours(10), (time(since), time(40)))
    }

    #[test]
    fn what_counts_is_the_time_in_which_the_data_was_young_enough() {
        assert_eq!(part(&[], 0), None);
        assert_eq!(part(&[(40, 40)], 0), None, "no time has passed");
        assert_eq!(part(&[(30, 30)], 0), Some(1.0));
        // Young from 20 to 30 of 20 hours.
        assert_eq!(part(&[(20, 20)], 0), Some(0.5));
        // The run of 30 brings data of 20, which is too old at once.
        assert_eq!(part(&[(20, 20), (30, 20)], 0), Some(0.5));
        assert_eq!(part(&[(20, 20), (30, 25)], 0), Some(0.75));
        // Only what lies in the window counts.
        assert_eq!(part(&[(0, 0), (35, 35)], 30), Some(0.5));
    }
}
