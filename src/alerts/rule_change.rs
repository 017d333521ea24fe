//! What a change of the rules means for alerts that are not over.

use std::collections::HashMap;

use chrono::TimeDelta;
use sqlx::Result;

use super::alert::{Alert, Told};
use super::change::end;
use super::rule::AlertRule;
use super::rules::RuleScope;
use super::words::AlertEnding;
use super::{store, store_rules};
use crate::db::{Time, WriteHandle};

/// Ends the alerts of an instance, or of an export, about which no rule is any more; the others follow their rule as it
/// is now.
pub async fn follow(tx: &mut WriteHandle, scope: RuleScope, now: Time) -> Result<()> {
    let mut known = HashMap::new();
    for alert in store::lasting_in(tx, scope.instance, scope.export).await? {
        let rules = match (known.get(&alert.export_id), alert.export_id) {
            (Some(rules), _) => rules,
            (None, Some(export)) => {
                let rules = store_rules::of_export(tx, scope.instance, export).await?;
                known.entry(alert.export_id).or_insert(rules)
            }
            (None, None) => {
                let rules = store_rules::of_instance(tx, scope.instance).await?;
                known.entry(None).or_insert(rules)
            }
        };
        match rules.of(alert.kind) {
            Some(rule) => follow_rule(tx, &alert, rule, now).await?,
            None => end(tx, alert.subject_id, alert.kind, AlertEnding::RuleRemoved, now).await?,
        }
    }
    Ok(())
}

async fn follow_rule(
    tx: &mut WriteHandle,
    alert: &Alert,
    rule: &AlertRule,
    now: Time,
) -> Result<()> {
    let hours = rule.remind_hours.map(i64::from);
    let remind = hours.map(|hours| now + TimeDelta::hours(hours));
    let told = Told { ids: rule.channels.clone() };
    store::follow(tx, (alert.subject_id, alert.kind), &told, hours, remind).await
}
