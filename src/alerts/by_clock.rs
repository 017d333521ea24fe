//! What everything shares that is judged by the clock: the rule of an export, and writing what was found.

use std::collections::HashSet;

use sqlx::Result;
use uuid::Uuid;

use super::change::{apply, end};
use super::finding::{AlertSubject, Finding};
use super::rule::AlertRule;
use super::rule_kind::RuleKind;
use super::words::AlertEnding;
use super::{store, store_rules};
use crate::db::{Db, ReadHandle, Time};
use crate::exports::{self, Export};
use crate::names::ExportId;
use crate::pauses;

/// The rule of this kind that is valid for an export; `None`: there is none, or no such export.
pub async fn rule_of(
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

/// Writes what was found, in a transaction of its own.
pub async fn write(
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
pub async fn end_others(db: &Db, kind: RuleKind, holding: &HashSet<Uuid>, now: Time) -> Result<()> {
    let lasting = store::lasting(&mut db.read().await?, kind).await?;
    for alert in lasting {
        if holding.contains(&alert.subject_id) {
            continue;
        }
        let mut tx = db.write().await?;
        let ending = ending(&mut tx, kind, alert.instance_id).await?;
        end(&mut tx, alert.subject_id, kind, ending, now).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// A pause ends what is late, whether a run has begun or not.
async fn ending(tx: &mut ReadHandle, kind: RuleKind, instance: Uuid) -> Result<AlertEnding> {
    let is_paused = kind == RuleKind::RunLate && pauses::store::get(tx, instance).await?.is_some();
    Ok(if is_paused { AlertEnding::InstancePaused } else { AlertEnding::ReasonGone })
}
