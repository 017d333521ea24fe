//! Judges what comes with time alone: runs that are late or slow, lists that are out of date, channels that accept
//! nothing, reminders.
//!
//! Every process does it, so a planned run is missed also when neither a scheduler nor a worker lives.

use std::collections::HashSet;

use chrono::{SecondsFormat, TimeDelta};
use sqlx::Result;
use uuid::Uuid;

use super::by_clock::{end_others, rule_of, write};
use super::change::{end, tell};
use super::finding::{AlertSubject, Finding};
use super::history::usual_duration;
use super::rule::AlertRule;
use super::rule_kind::RuleKind;
use super::slow::slow;
use super::words::{AlertEnding, AlertNews};
use super::{age, failing, store, store_history};
use crate::db::{Db, ReadHandle, Time};
use crate::exports::Export;
use crate::names::{Culprit, ExportId, RunId};
use crate::params::Params;
use crate::pauses;

/// The shortest time after which a run counts as late.
const LATE_MIN: TimeDelta = TimeDelta::minutes(1);
/// Rows that are read at a time.
const STEP: i64 = 200;

/// Judges everything. What fails blocks nothing else.
pub async fn judge(db: &Db, now: Time) -> Result<()> {
    let late = judge_late(db, now).await;
    let slow = judge_slow(db, now).await;
    let old = age::judge(db, now).await;
    let orphaned = end_orphaned(db, now).await;
    let failing = failing::judge(db, now).await;
    remind(db, now).await.and(late).and(slow).and(old).and(orphaned).and(failing)
}

/// A planned time that has passed.
struct Passed {
    instance: Uuid,
    export: ExportId,
    run: Option<RunId>,
    planned: Time,
}

async fn judge_late(db: &Db, now: Time) -> Result<()> {
    let mut late = HashSet::new();
    let all = all_passed(&mut db.read().await?, now - LATE_MIN).await?;
    for passed in all {
        let Some(found) = is_late(&mut db.read().await?, &passed, now).await? else { continue };
        let (export, rule, finding) = found;
        if matches!(finding, Finding::Holds(_)) {
            late.insert(export.id.0);
        }
        write(db, &AlertSubject::export(&export, passed.run), &rule, &finding, now).await?;
    }
    end_others(db, RuleKind::RunLate, &late, now).await
}

async fn all_passed(tx: &mut ReadHandle, before: Time) -> Result<Vec<Passed>> {
    let mut passed = vec![];
    for (instance, export, planned) in store_history::unfired(tx, before).await? {
        passed.push(Passed { instance, export, run: None, planned });
    }
    for (instance, export, run, planned) in store_history::unbegun(tx, before).await? {
        passed.push(Passed { instance, export, run: Some(run), planned });
    }
    Ok(passed)
}

/// `None`: there is no rule for it, or its instance is paused.
async fn is_late(
    tx: &mut ReadHandle,
    passed: &Passed,
    now: Time,
) -> Result<Option<(Export, AlertRule, Finding)>> {
    if pauses::store::get(tx, passed.instance).await?.is_some() {
        return Ok(None);
    }
    let kind = RuleKind::RunLate;
    let Some((export, rule)) = rule_of(tx, passed.instance, passed.export, kind).await? else {
        return Ok(None);
    };
    let delay = now - passed.planned;
    if delay < TimeDelta::minutes(rule.minutes()) {
        return Ok(Some((export, rule, Finding::Unknown)));
    }
    let words = format!(
        "A run was planned for {} and has not begun, {} minutes later. If other runs are active, it waits for them; \
         else ask your operator whether the scheduler and the workers of this service run.",
        passed.planned.format("%Y-%m-%d %H:%M UTC"),
        delay.num_minutes()
    );
    let params = Params::default()
        .with("plannedUtc", passed.planned.to_rfc3339_opts(SecondsFormat::Secs, true))
        .with("minutes", delay.num_minutes());
    let finding = Finding::holds(kind, Culprit::System, words, params);
    Ok(Some((export, rule, finding)))
}

async fn judge_slow(db: &Db, now: Time) -> Result<()> {
    let running = store_history::running(&mut db.read().await?).await?;
    for (instance, export, run, start) in running {
        let mut tx = db.read().await?;
        let rule = rule_of(&mut tx, instance, export, RuleKind::RunSlow).await?;
        let Some((export, rule)) = rule else { continue };
        let usual = usual_duration(&mut tx, &export, run).await?;
        drop(tx);
        let finding = slow(usual, now - start, &rule);
        if matches!(finding, Finding::Holds(_)) {
            write(db, &AlertSubject::export(&export, Some(run)), &rule, &finding, now).await?;
        }
    }
    Ok(())
}

/// Ends the alerts of removed exports, connections and channels.
async fn end_orphaned(db: &Db, now: Time) -> Result<()> {
    let orphaned = store::orphaned(&mut db.read().await?).await?;
    for alert in orphaned {
        let (subject, ending) = (alert.subject_id, AlertEnding::SubjectRemoved);
        let mut tx = db.write().await?;
        end(&mut tx, subject, alert.kind, ending, now).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn remind(db: &Db, now: Time) -> Result<()> {
    let due = store::to_remind(&mut db.read().await?, now, STEP).await?;
    for alert in due {
        let (Some(due), Some(hours)) = (alert.remind_utc, alert.remind_hours) else { continue };
        let next = now + TimeDelta::hours(hours);
        let mut tx = db.write().await?;
        if let Some(alert) = store::move_reminder(&mut tx, alert.id, due, next).await? {
            tell(&mut tx, &alert, AlertNews::Reminded, now).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
