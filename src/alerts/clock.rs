//! Judges what comes with time alone: runs that are late or slow, lists that are out of date, reminders.
//!
//! Every process that does upkeep or executes runs does it, so a planned run is missed also when no scheduler lives.

use std::collections::HashSet;

use chrono::TimeDelta;
use sqlx::Result;
use uuid::Uuid;

use super::change::{apply, tell};
use super::finding::{AlertSubject, Finding};
use super::history::usual_duration;
use super::rule::AlertRule;
use super::rule_kind::RuleKind;
use super::rules::RuleSet;
use super::slow::slow;
use super::{store, store_history, store_rules};
use crate::channels::NoticeEvent;
use crate::db::{Db, ReadHandle, Time};
use crate::exports::{self, Export};
use crate::names::{Culprit, ExportId, RunId};
use crate::{pauses, segments};

/// The shortest time after which a run counts as late.
const LATE_MIN: TimeDelta = TimeDelta::minutes(1);
/// Rows that are read at a time.
const STEP: i64 = 200;

/// Judges everything. What fails blocks nothing else.
pub async fn judge(db: &Db, now: Time) -> Result<()> {
    let late = judge_late(db, now).await;
    let slow = judge_slow(db, now).await;
    let old = judge_age(db, now).await;
    let orphaned = end_orphaned(db, now).await;
    remind(db, now).await.and(late).and(slow).and(old).and(orphaned)
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
    for passed in all_passed(&mut db.read().await?, now - LATE_MIN).await? {
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
    for (instance, planned) in store_history::unfired_refreshes(tx, before).await? {
        for export in exports::store::all(tx, instance).await? {
            if export.schedule.follows_refreshes() && export.connection_id.is_some() {
                passed.push(Passed { instance, export: export.id, run: None, planned });
            }
        }
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
    let finding = Finding::holds(kind.word(), Culprit::System, words);
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

async fn judge_age(db: &Db, now: Time) -> Result<()> {
    let mut last = None;
    loop {
        let sets = store_rules::all(&mut db.read().await?, last, STEP).await?;
        for set in &sets {
            judge_age_by(db, set, now).await?;
        }
        match sets.last() {
            Some(set) => last = Some(set.export_id.map_or(set.instance_id, |export| export.0)),
            None => return Ok(()),
        }
    }
}

/// The rule of an instance is for exports that run by themselves; one of an export is for it in any case.
async fn judge_age_by(db: &Db, set: &RuleSet, now: Time) -> Result<()> {
    if set.rules.of(RuleKind::NotFresh).is_none() {
        return Ok(());
    }
    let mut tx = db.read().await?;
    let exports: Vec<Export> = if let Some(id) = set.export_id {
        exports::store::get(&mut tx, set.instance_id, id).await?.into_iter().collect()
    } else {
        let all = exports::store::all(&mut tx, set.instance_id).await?;
        all.into_iter().filter(|export| export.schedule.is_active()).collect()
    };
    for export in exports {
        let rule = rule_of(&mut tx, set.instance_id, export.id, RuleKind::NotFresh).await?;
        let Some((export, rule)) = rule else { continue };
        let finding = is_old(&mut tx, &export, &rule, now).await?;
        write(db, &AlertSubject::export(&export, None), &rule, &finding, now).await?;
    }
    Ok(())
}

/// The data of a list is as old as the oldest refresh of its segments that a run has brought there.
async fn is_old(
    tx: &mut ReadHandle,
    export: &Export,
    rule: &AlertRule,
    now: Time,
) -> Result<Finding> {
    let brought = store_history::last_completed(tx, export.id).await?;
    let segments = segments::store::of_export(tx, export.id).await?;
    let refreshed = segments.iter().filter_map(|segment| segment.refreshed_utc).min();
    let brought = brought.unwrap_or(export.stamps.created_utc);
    let since = refreshed.map_or(brought, |refreshed| refreshed.min(brought));
    if now - since < TimeDelta::hours(rule.hours()) {
        return Ok(Finding::Clear);
    }
    let words = format!(
        "The data on the list is of {}, so older than {} hours. Check that the segments are refreshed, and that the \
         runs of the export end well.",
        since.format("%Y-%m-%d %H:%M UTC"),
        rule.hours()
    );
    Ok(Finding::holds(rule.kind.word(), Culprit::User, words))
}

/// Ends the alerts of removed exports and connections, without a message.
async fn end_orphaned(db: &Db, now: Time) -> Result<()> {
    for alert in store::orphaned(&mut db.read().await?).await? {
        let mut tx = db.write().await?;
        store::resolve(&mut tx, alert.subject_id, alert.kind, now).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn remind(db: &Db, now: Time) -> Result<()> {
    for alert in store::to_remind(&mut db.read().await?, now, STEP).await? {
        let (Some(due), Some(hours)) = (alert.remind_utc, alert.remind_hours) else { continue };
        let next = now + TimeDelta::hours(hours);
        let mut tx = db.write().await?;
        if let Some(alert) = store::move_reminder(&mut tx, alert.id, due, next).await? {
            tell(&mut tx, &alert, NoticeEvent::Reminded, now).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// The rule of this kind that is valid for an export; `None`: there is none, or no such export.
async fn rule_of(
    tx: &mut ReadHandle,
    instance: Uuid,
    export: ExportId,
    kind: RuleKind,
) -> Result<Option<(Export, AlertRule)>> {
    let rules = store_rules::of_export(tx, instance, export).await?;
    let Some(rule) = rules.of(kind).cloned() else { return Ok(None) };
    let export = exports::store::get(tx, instance, export).await?;
    Ok(export.map(|export| (export, rule)))
}

async fn write(
    db: &Db,
    subject: &AlertSubject,
    rule: &AlertRule,
    finding: &Finding,
    now: Time,
) -> Result<()> {
    if matches!(finding, Finding::Unknown) {
        return Ok(());
    }
    let mut tx = db.write().await?;
    apply(&mut tx, subject, rule.kind, Some(rule), finding, now).await?;
    tx.commit().await
}

/// Ends every alert of a kind whose subject is none of these.
async fn end_others(db: &Db, kind: RuleKind, holding: &HashSet<Uuid>, now: Time) -> Result<()> {
    for alert in store::lasting(&mut db.read().await?, kind).await? {
        if holding.contains(&alert.subject_id) {
            continue;
        }
        let mut tx = db.write().await?;
        if let Some(alert) = store::resolve(&mut tx, alert.subject_id, kind, now).await? {
            tell(&mut tx, &alert, NoticeEvent::Resolved, now).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
