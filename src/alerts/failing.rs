//! Channels that accept nothing: people who rely on one must hear so by another way.

use std::collections::HashSet;

use chrono::TimeDelta;
use sqlx::Result;

use super::by_clock::{end_others, write};
use super::finding::{AlertSubject, Finding};
use super::rule::AlertRule;
use super::rule_kind::RuleKind;
use super::store_rules;
use crate::channels::store_failures::FailingChannel;
use crate::channels::{self, Channel, ChannelKind, store_failures};
use crate::db::{Db, Time};
use crate::names::Culprit;
use crate::params::Params;

/// Judges every channel where a message was not accepted lately.
pub(super) async fn judge(db: &Db, now: Time) -> Result<()> {
    let (kind, mut holding) = (RuleKind::ChannelNeedsAttention, HashSet::new());
    let all = store_failures::all(&mut db.read().await?).await?;
    for failing in all {
        let mut tx = db.read().await?;
        let rules = store_rules::of_instance(&mut tx, failing.instance_id).await?;
        let channel =
            channels::store::get(&mut tx, failing.instance_id, failing.channel_id).await?;
        drop(tx);
        let Some((channel, rule)) = channel.zip(rules.of(kind)) else { continue };
        let finding = accepts_nothing(&channel, &failing, rule, now);
        if matches!(finding, Finding::Holds(_)) {
            holding.insert(channel.id.0);
            write(db, &AlertSubject::channel(&channel), rule, &finding, now).await?;
        }
    }
    end_others(db, kind, &holding, now).await
}

/// One that is switched off for it needs no more time to show that it does not.
fn accepts_nothing(
    channel: &Channel,
    failing: &FailingChannel,
    rule: &AlertRule,
    now: Time,
) -> Finding {
    let is_long = now - failing.since_utc >= TimeDelta::hours(rule.hours());
    let since = failing.since_utc.format("%Y-%m-%d %H:%M UTC");
    let words = match (&channel.disabled_because, channel.kind) {
        (Some(why), _) => format!(
            "The channel was switched off, because {why}. Nothing is sent to it, also about other alerts. Check where \
             it leads, then switch it on."
        ),
        (None, _) if !is_long => return Finding::Clear,
        (None, ChannelKind::Email) => format!(
            "Nothing is accepted at {} of {} addresses of the channel since {since}. Its deliveries say what the mail \
             server answered.",
            failing.addresses,
            channel.recipients.to.len()
        ),
        (None, ChannelKind::Slack | ChannelKind::Teams | ChannelKind::Webhook) => format!(
            "The channel has accepted nothing since {since}. Its deliveries say what it answered. Check where it \
             leads, and test it."
        ),
    };
    Finding::holds(rule.kind, Culprit::User, words, Params::default())
}
