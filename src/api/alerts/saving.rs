//! Checks rules, and stores them.

use super::views::RULES_MAX;
use crate::alerts::{RuleList, RuleScope, RuleSet, rule_change, store_rules};
use crate::audit::{self, Action, Change};
use crate::channels;
use crate::db::{self, ReadHandle, WriteHandle};
use crate::http::auth::Caller;
use crate::http::body::IfMatch;
use crate::http::problem::{FieldError, Problem};

/// Sets the rules of an instance or an export, which the caller may have read in a version.
pub async fn save<R>(
    tx: &mut WriteHandle,
    caller: &Caller<R>,
    (scope, action): (RuleScope, Action),
    if_match: &IfMatch,
    rules: &RuleList,
) -> Result<RuleSet, Problem> {
    let old = store_rules::get(tx, scope).await?;
    let version = old.as_ref().map_or(0, |old| old.stamps.version);
    if_match.check(version)?;
    check(tx, scope, rules).await?;
    let now = db::now();
    let set = store_rules::set(tx, scope, version, rules, caller.subject(), now).await?;
    let set = set.ok_or_else(Problem::changed)?;
    rule_change::follow(tx, scope, now).await?;
    let before = old.map_or_else(RuleList::default, |old| old.rules.0);
    let change = Change::between((scope, &before), (scope, rules));
    audit::record(tx, &caller.author, action, change).await?;
    Ok(set)
}

async fn check(tx: &mut ReadHandle, scope: RuleScope, rules: &RuleList) -> Result<(), Problem> {
    let mut errors = vec![];
    if rules.items.len() > RULES_MAX {
        let message = format!("There are at most {RULES_MAX} rules, one of each kind.");
        errors.push(FieldError::new("/rules", "tooMany", message).with("max", RULES_MAX));
    }
    if let Some((index, kind)) = rules.twice() {
        let message = format!("There are two rules of the kind `{}`. Keep one.", kind.word());
        let error = FieldError::new(format!("/rules/{index}/kind"), "repeatedRule", message);
        errors.push(error.with("kind", kind.word()));
    }
    for (index, rule) in rules.items.iter().enumerate() {
        if scope.export.is_some() && !rule.kind.is_of_export() {
            let message = "This kind is not about exports, so an export has no rule of its own.";
            errors.push(FieldError::new(format!("/rules/{index}/kind"), "notOfThisKind", message));
        }
        errors.extend(unknown_channels(tx, scope, index, rule.channels.as_deref()).await?);
    }
    Problem::none_of(errors)
}

async fn unknown_channels(
    tx: &mut ReadHandle,
    scope: RuleScope,
    index: usize,
    named: Option<&[crate::names::ChannelId]>,
) -> Result<Vec<FieldError>, Problem> {
    let mut errors = vec![];
    for (position, id) in named.unwrap_or_default().iter().enumerate() {
        if channels::store::get(tx, scope.instance, *id).await?.is_none() {
            let pointer = format!("/rules/{index}/channels/{position}");
            let message = format!("This instance has no channel with the id {}.", id.0);
            let error = FieldError::new(pointer, "unknownChannel", message);
            errors.push(error.with("channelId", id.0.to_string()));
        }
    }
    Ok(errors)
}
