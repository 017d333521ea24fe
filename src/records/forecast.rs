//! The plan of a run: what it would do with whom, which limits of the brake that reaches, and the hash by which a
//! person approves exactly that.

use std::sync::Arc;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::address_changes::AddressChanges;
use super::census::Census;
use super::integers::to_i64;
use super::leaver_set::LeaverSet;
use crate::baselines::MemberState;
use crate::exports::{BrakeHold, BrakeLimit, Leavers, ListSync, Resubscribe};
use crate::runs::{BrakeRule, ComparedWith, ReachedLimit, RunPlan};
use crate::steps::Hold;
use crate::storage::{Manifest, PAGE_ROWS};

/// Milliseconds that a call is assumed to take before any was made.
pub const CALL_MS_ASSUMED: i64 = 1200;

/// The subscriber is read, then changed.
const CALLS_OF_CHANGE: i64 = 2;

/// How long a call takes, and how many are made at a time.
#[derive(Clone, Copy, Debug)]
pub struct CallPace {
    /// Milliseconds that a call takes.
    pub call_ms: i64,
    /// Calls at a time.
    pub in_flight: u16,
}

/// What a plan is made of, beside what was counted.
pub struct Intent<'a> {
    pub sync: &'a ListSync,
    /// Whether every member is sent, changed or not.
    pub sends_all: bool,
    /// Whether the list has nobody any more of those who are known there.
    pub is_emptied: bool,
    pub pace: CallPace,
    pub compared_with: Option<ComparedWith>,
}

/// Whether every run needs a plan: people may leave the list, or new ones are limited.
#[must_use]
pub fn needs_plan(sync: &ListSync) -> bool {
    sync.leavers != Leavers::Keep || sync.brake.additions.is_some()
}

/// The plan of a run that found this.
#[must_use]
pub fn plan(
    census: &Census,
    changes: &AddressChanges,
    leavers: &LeaverSet,
    intent: &Intent<'_>,
) -> RunPlan {
    let (act, kept) = (to_i64(leavers.act.len()), to_i64(leavers.kept()));
    let (sync, changed_addresses) = (intent.sync, to_i64(changes.changed()));
    let new = census.new - changed_addresses - to_i64(changes.held_back());
    let known = census.changed + census.unchanged;
    let sent = new + if intent.sends_all { known } else { census.changed };
    let added = new + if intent.is_emptied { known } else { 0 };
    let single_calls = changed_addresses * CALLS_OF_CHANGE + leaver_calls(sync, act);
    let calls = calls_of(sent) + single_calls;
    RunPlan {
        new,
        changed: census.changed,
        changed_addresses,
        unchanged: census.unchanged,
        leavers: act,
        kept,
        returning: census.returning,
        calls,
        estimated_seconds: estimate(calls, intent.pace),
        compared_with: intent.compared_with,
        limits: reached(sync, census, (added, act, changed_addresses)),
    }
}

/// Calls for so many records, as many in each as it may have.
fn calls_of(records: i64) -> i64 {
    let most = to_i64(PAGE_ROWS);
    (records + most - 1) / most
}

/// Where removed people may come back, each is read before the call that removes them.
fn leaver_calls(sync: &ListSync, people: i64) -> i64 {
    match sync.leavers {
        Leavers::Keep => 0,
        Leavers::Flag(_) => calls_of(people),
        Leavers::Delete | Leavers::Unsubscribe if sync.resubscribe == Resubscribe::OurRemovals => {
            2 * people
        }
        Leavers::Delete | Leavers::Unsubscribe => people,
    }
}

/// Seconds for so many calls, some at a time.
#[must_use]
pub fn estimate(calls: i64, pace: CallPace) -> i64 {
    let ms = calls * pace.call_ms / i64::from(pace.in_flight).clamp(1, calls.max(1));
    (ms + 999) / 1000
}

/// The limits that so many new members, leavers and changed addresses reach. A mistake in the ids would change
/// addresses of people who left: so these count as removals.
fn reached(
    ListSync { brake, leavers: action, .. }: &ListSync,
    census: &Census,
    (new, leavers, changed_addresses): (i64, i64, i64),
) -> Vec<ReachedLimit> {
    let on_list = on_list(census, action);
    let mut reached = vec![];
    if let Some(limit) = &brake.removals {
        reached.extend(over(
            limit,
            leavers + changed_addresses,
            on_list,
            BrakeRule::RemovalsCount,
            BrakeRule::RemovalsPercent,
        ));
    }
    if census.rows == 0 && leavers > 0 {
        reached.push(ReachedLimit { limit: BrakeRule::EmptySegments, value: leavers, from: 1 });
    }
    if let Some(limit) = &brake.additions {
        let rules = (BrakeRule::AdditionsCount, BrakeRule::AdditionsPercent);
        reached.extend(over(limit, new, on_list, rules.0, rules.1));
    }
    reached
}

fn over(
    limit: &BrakeLimit,
    people: i64,
    on_list: i64,
    count: BrakeRule,
    percent: BrakeRule,
) -> impl Iterator<Item = ReachedLimit> {
    // Of an empty list every part would be all of it.
    let part = if on_list > 0 { people.saturating_mul(100) / on_list } else { 0 };
    let by_count = (people >= limit.count).then_some(ReachedLimit {
        limit: count,
        value: people,
        from: limit.count,
    });
    let by_percent = (people > 0 && part >= limit.percent).then_some(ReachedLimit {
        limit: percent,
        value: part,
        from: limit.percent,
    });
    by_count.into_iter().chain(by_percent)
}

/// Members that the list has from the export. Where people are flagged, those who are so already have left before.
fn on_list(census: &Census, action: &Leavers) -> i64 {
    let Some(known) = &census.known else { return 0 };
    let is_on = |state| match state {
        MemberState::OnList | MemberState::InDoubt => true,
        MemberState::FlaggedByUs => !matches!(action, Leavers::Flag(_)),
        _ => false,
    };
    to_i64(known.index.iter().filter(|known| is_on(known.state)).count())
}

/// What a plan holds up by its limits. New members can only wait when the whole run does, and so can changed addresses:
/// they do where they reach a limit by themselves.
#[must_use]
pub fn hold(plan: &RunPlan, census: &Census, sync: &ListSync) -> Hold {
    let (brake, changed) = (&sync.brake, plan.changed_addresses);
    let is_sent = brake.removals.as_ref().is_some_and(|limit| {
        let rules = (BrakeRule::RemovalsCount, BrakeRule::RemovalsPercent);
        over(limit, changed, on_list(census, &sync.leavers), rules.0, rules.1).next().is_some()
    });
    let is_new = plan.limits.iter().any(|reached| !reached.limit.is_about_removals());
    match (plan.limits.is_empty(), is_sent || is_new || brake.hold == BrakeHold::Run) {
        (true, _) => Hold::Nothing,
        (false, true) => Hold::Run,
        (false, false) => Hold::Removals,
    }
}

/// The hash of a plan: what is read, by which mapping, with which settings, who leaves, and, where the whole run waits,
/// whose address changes. What was sent meanwhile changes it only where it is a part of what is approved.
#[must_use]
pub fn hash(
    (plan, hold): (&RunPlan, Hold),
    (changes, leavers): (&AddressChanges, &LeaverSet),
    manifests: &[Arc<Manifest>],
    mapping: &impl serde::Serialize,
    list: &str,
    sync: &ListSync,
) -> String {
    let is_all = hold == Hold::Run;
    let counted = is_all.then_some((plan.new, plan.changed, plan.calls));
    let addresses = if is_all { changes.digest() } else { vec![] };
    let read: Vec<_> = manifests.iter().map(Arc::as_ref).collect();
    let decisive = json!({"version": 1, "list": list, "mapping": mapping, "sync": sync, "read": read,
        "leavers": plan.leavers, "kept": plan.kept, "counted": counted, "people": leavers.digest,
        "addresses": addresses});
    hex::encode(Sha256::digest(decisive.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_shares_the_calls_out_and_rounds_up() {
        let seconds = |calls| estimate(calls, CallPace { call_ms: 1200, in_flight: 8 });
        assert_eq!(seconds(1000), 150);
        assert_eq!(seconds(1), 2, "a lone call is not shared");
        assert_eq!(seconds(0), 0);
    }

    fn limits(limit: BrakeLimit, people: i64, on_list: i64) -> Vec<BrakeRule> {
        let rules = (BrakeRule::RemovalsCount, BrakeRule::RemovalsPercent);
        over(&limit, people, on_list, rules.0, rules.1).map(|reached| reached.limit).collect()
    }

    #[test]
    fn either_limit_counts_and_nobody_reaches_none() {
        let limit = BrakeLimit { count: 500, percent: 15 };
        assert_eq!(limits(limit, 0, 10), []);
        assert_eq!(limits(limit, 1, 10), []);
        assert_eq!(limits(limit, 2, 10), [BrakeRule::RemovalsPercent]);
        assert_eq!(limits(limit, 500, 1_000_000), [BrakeRule::RemovalsCount]);
        assert_eq!(limits(limit, 500, 1000).len(), 2);
        assert_eq!(limits(limit, 400, 0), [], "of an empty list every part would be all of it");
    }
}
