//! Changes alerts by what was found, and adds the messages about it, in one transaction: their sender finds
//! them, whatever happens to this process.

use chrono::TimeDelta;
use sqlx::Result;
use uuid::Uuid;

use super::alert::{Alert, Told};
use super::finding::{AlertSubject, Finding};
use super::rule::AlertRule;
use super::rule_kind::RuleKind;
use super::store::{self, NewAlert};
use super::words::{self, AlertEnding, AlertNews};
use crate::channels::{self, NoticeReason};
use crate::db::{Time, WriteHandle};

/// Opens, renews or ends the alert of a rule. Without the rule nothing opens, and what is open ends.
pub async fn apply(
    tx: &mut WriteHandle,
    subject: &AlertSubject,
    kind: RuleKind,
    rule: Option<&AlertRule>,
    finding: &Finding,
    now: Time,
) -> Result<()> {
    let ending = match (rule, finding) {
        (Some(rule), Finding::Holds(reason)) => return open(tx, subject, rule, reason, now).await,
        (Some(_), Finding::Unknown) => return Ok(()),
        (Some(_), Finding::Clear) => AlertEnding::ReasonGone,
        (None, _) => AlertEnding::RuleRemoved,
    };
    end(tx, subject.id(), kind, ending, now).await
}

/// Ends the alert of a subject, if there is one that is not over, and says so.
pub(super) async fn end(
    tx: &mut WriteHandle,
    subject: Uuid,
    kind: RuleKind,
    ending: AlertEnding,
    now: Time,
) -> Result<()> {
    match store::resolve(tx, subject, kind, now).await? {
        Some(alert) => tell(tx, &alert, AlertNews::Over(ending), now).await,
        None => Ok(()),
    }
}

async fn open(
    tx: &mut WriteHandle,
    subject: &AlertSubject,
    rule: &AlertRule,
    reason: &NoticeReason,
    now: Time,
) -> Result<()> {
    let remind_hours = rule.remind_hours.map(i64::from);
    let new = NewAlert {
        subject,
        kind: rule.kind,
        reason,
        remind_hours,
        told: Told { ids: rule.channels.clone() },
        remind: remind_hours.map(|hours| now + TimeDelta::hours(hours)),
        now,
    };
    match store::open(tx, &new).await? {
        Some(alert) => tell(tx, &alert, AlertNews::Opened, now).await,
        None => store::touch(tx, &new).await,
    }
}

/// Adds a message for each channel of the alert, but for one that it is about: that accepts none.
pub(super) async fn tell(
    tx: &mut WriteHandle,
    alert: &Alert,
    news: AlertNews,
    now: Time,
) -> Result<()> {
    let notice = words::notice(alert, news, now);
    let told = alert.told.ids.as_deref();
    for channel in channels::store::active(tx, alert.instance_id, told).await? {
        if alert.channel_id == Some(channel.id) {
            continue;
        }
        channels::store_deliveries::enqueue(tx, &channel, &notice, None, now).await?;
    }
    Ok(())
}
