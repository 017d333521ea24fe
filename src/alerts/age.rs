//! How old the data on lists is: alerts about lists that are out of date, and metrics of all that have a rule for it.

use std::collections::HashMap;

use chrono::{SecondsFormat, TimeDelta};
use metrics::gauge;
use sqlx::Result;
use uuid::Uuid;

use super::by_clock::{rule_of, write};
use super::finding::{AlertSubject, Finding};
use super::rule::AlertRule;
use super::rule_kind::RuleKind;
use super::rules::RuleSet;
use super::{freshness, store_rules};
use crate::db::{Db, ReadHandle, Time};
use crate::exports::{self, Export};
use crate::names::{Culprit, ExportId};
use crate::params::Params;
use crate::telemetry::measures;

/// Rows that are read at a time.
const STEP: i64 = 200;

/// Judges the age of the data of every export that has a rule for it.
pub(super) async fn judge(db: &Db, now: Time) -> Result<()> {
    let (mut last, mut ages) = (None, HashMap::new());
    while let Some(sets) = next_sets(db, &mut last).await? {
        let watched = with_objective(&mut db.read().await?, &sets).await?;
        for (export, rule) in watched {
            let finding = is_old(&mut db.read().await?, &export, &rule, now).await?;
            ages.insert(export.id, matches!(finding, Finding::Holds(_)));
            write(db, &AlertSubject::export(&export, None), &rule, &finding, now).await?;
        }
    }
    let old = ages.values().filter(|is_old| **is_old).count();
    for (state, count) in [("fresh", ages.len() - old), ("old", old)] {
        gauge!(measures::EXPORTS_BY_AGE, "state" => state).set(measures::gauge_value(count));
    }
    Ok(())
}

/// Sets the gauges of how much of the last 30 days the data was young enough. It reads every run of that time, so it is
/// done more rarely than `judge`.
pub async fn measure(db: &Db, now: Time) -> Result<()> {
    let (mut last, mut attained): (_, HashMap<ExportId, f64>) = (None, HashMap::new());
    while let Some(sets) = next_sets(db, &mut last).await? {
        let watched = with_objective(&mut db.read().await?, &sets).await?;
        for (export, _) in watched {
            let freshness = freshness::of_export(&mut db.read().await?, &export, now).await?;
            attained.extend(freshness.attained.map(|part| (export.id, part)));
        }
    }
    let lowest = attained.values().copied().fold(f64::NAN, f64::min);
    let mean = attained.values().sum::<f64>() / measures::gauge_value(attained.len());
    for (figure, part) in [("lowest", lowest), ("mean", mean)] {
        gauge!(measures::FRESHNESS_ATTAINED, "figure" => figure).set(part);
    }
    Ok(())
}

/// The sets of rules after `last`, which moves on; `None`: there are no more.
async fn next_sets(db: &Db, last: &mut Option<Uuid>) -> Result<Option<Vec<RuleSet>>> {
    let sets = store_rules::all(&mut db.read().await?, *last, STEP).await?;
    let scope = |set: &RuleSet| set.export_id.map_or(set.instance_id, |export| export.0);
    *last = sets.last().map(scope).or(*last);
    Ok((!sets.is_empty()).then_some(sets))
}

/// The exports that these rules watch, each with the one that is valid for it. That of an instance is for exports that
/// run by themselves; one of an export is for it in any case.
async fn with_objective(tx: &mut ReadHandle, sets: &[RuleSet]) -> Result<Vec<(Export, AlertRule)>> {
    let kind = RuleKind::NotFresh;
    let mut watched = vec![];
    for set in sets.iter().filter(|set| set.rules.of(kind).is_some()) {
        let exports: Vec<Export> = if let Some(id) = set.export_id {
            exports::store::get(tx, set.instance_id, id).await?.into_iter().collect()
        } else {
            let all = exports::store::all(tx, set.instance_id).await?;
            all.into_iter().filter(|export| export.schedule.is_active()).collect()
        };
        for export in exports {
            watched.extend(rule_of(tx, set.instance_id, export.id, kind).await?);
        }
    }
    Ok(watched)
}

/// A list to which no run has brought data yet is as old as its export.
async fn is_old(
    tx: &mut ReadHandle,
    export: &Export,
    rule: &AlertRule,
    now: Time,
) -> Result<Finding> {
    let data_utc = freshness::data_utc(tx, export, now).await?;
    let since = data_utc.unwrap_or(export.stamps.created_utc);
    if now - since < TimeDelta::hours(rule.hours()) {
        return Ok(Finding::Clear);
    }
    let words = format!(
        "The data on the list is of {}, so older than {} hours. Check that the segments are refreshed, and that the \
         runs of the export end well.",
        since.format("%Y-%m-%d %H:%M UTC"),
        rule.hours()
    );
    let params = Params::default()
        .with("sinceUtc", since.to_rfc3339_opts(SecondsFormat::Secs, true))
        .with("hours", rule.hours());
    Ok(Finding::holds(rule.kind, Culprit::User, words, params))
}
