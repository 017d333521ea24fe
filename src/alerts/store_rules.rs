//! SQL of the table `alert_rules`.

use sqlx::Result;
use sqlx::types::Json;
use uuid::Uuid;

use super::rules::{RuleList, RuleScope, RuleSet};
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::ExportId;
use crate::sql;

/// `None`: nobody has set any.
pub async fn get(tx: &mut ReadHandle, scope: RuleScope) -> Result<Option<RuleSet>> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT * FROM alert_rules WHERE scope_id = $1 AND instance_id = $2"
    )
    .bind(scope.id())
    .bind(scope.instance)
    .fetch_optional(db)
    .await)
}

/// The rules that are valid for the instance.
pub async fn of_instance(tx: &mut ReadHandle, instance: Uuid) -> Result<RuleList> {
    let set = get(tx, RuleScope { instance, export: None }).await?;
    Ok(set.map_or_else(RuleList::of_new_instance, |set| set.rules.0))
}

/// The rules that are valid for an export.
pub async fn of_export(tx: &mut ReadHandle, instance: Uuid, export: ExportId) -> Result<RuleList> {
    let inherited = of_instance(tx, instance).await?;
    let own = get(tx, RuleScope { instance, export: Some(export) }).await?;
    Ok(own.map_or_else(|| inherited.clone(), |own| inherited.with(&own.rules)))
}

/// Every set of rules of an instance: its own, and those of its exports.
pub async fn all_of_instance(tx: &mut ReadHandle, instance: Uuid) -> Result<Vec<RuleSet>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM alert_rules WHERE instance_id = $1")
        .bind(instance)
        .fetch_all(db)
        .await)
}

/// Every set of rules that somebody has set, by the scope, after `after`.
pub async fn all(tx: &mut ReadHandle, after: Option<Uuid>, limit: i64) -> Result<Vec<RuleSet>> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT * FROM alert_rules WHERE $1 IS NULL OR scope_id > $1 ORDER BY scope_id LIMIT $2"
    )
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await)
}

/// Sets the rules that are at `version`, 0 when nobody has set any. `None`: they were changed meanwhile.
pub async fn set(
    tx: &mut WriteHandle,
    scope: RuleScope,
    version: i64,
    rules: &RuleList,
    by: &str,
    now: Time,
) -> Result<Option<RuleSet>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "INSERT INTO alert_rules (scope_id, instance_id, export_id, rules, version, created_by, created_utc,
                 updated_by, updated_utc)
             VALUES ($1, $2, $3, $4, 1, $6, $7, $6, $7)
             ON CONFLICT (scope_id) DO UPDATE SET rules = $4, version = alert_rules.version + 1, updated_by = $6,
                 updated_utc = $7
                 WHERE alert_rules.version = $5
             RETURNING *",
        )
        .bind(scope.id())
        .bind(scope.instance)
        .bind(scope.export)
        .bind(Json(rules))
        .bind(version)
        .bind(by)
        .bind(now)
        .fetch_optional(db)
        .await
    })
}
