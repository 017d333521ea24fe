//! Changes alerts by what was found, and adds the messages about it, in one transaction: their sender finds
//! them, whatever happens to this process.

use chrono::TimeDelta;
use sqlx::Result;

use super::alert::{Alert, Told};
use super::finding::{AlertSubject, Finding};
use super::rule::AlertRule;
use super::rule_kind::RuleKind;
use super::store::{self, NewAlert};
use super::words;
use crate::channels::{self, NoticeEvent, NoticeReason};
use crate::db::{Time, WriteHandle};

/// Opens, renews or ends the alert of a rule. Without the rule nothing opens, and what is open ends without a message.
pub async fn apply(
    tx: &mut WriteHandle,
    subject: &AlertSubject,
    kind: RuleKind,
    rule: Option<&AlertRule>,
    finding: &Finding,
    now: Time,
) -> Result<()> {
    match (rule, finding) {
        (Some(rule), Finding::Holds(reason)) => open(tx, subject, rule, reason, now).await,
        (Some(_), Finding::Clear) => match store::resolve(tx, subject.id(), kind, now).await? {
            Some(alert) => tell(tx, &alert, NoticeEvent::Resolved, now).await,
            None => Ok(()),
        },
        (Some(_), Finding::Unknown) => Ok(()),
        (None, _) => store::resolve(tx, subject.id(), kind, now).await.map(drop),
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
        Some(alert) => tell(tx, &alert, NoticeEvent::Opened, now).await,
        None => store::touch(tx, subject.id(), rule.kind, (reason, subject.run), now).await,
    }
}

/// Adds a message for each channel of the alert.
pub(super) async fn tell(
    tx: &mut WriteHandle,
    alert: &Alert,
    event: NoticeEvent,
    now: Time,
) -> Result<()> {
    let notice = words::notice(alert, event, now);
    let told = alert.told.ids.as_deref();
    for channel in channels::store::active(tx, alert.instance_id, told).await? {
        channels::store_deliveries::enqueue(tx, &channel, &notice, None, now).await?;
    }
    Ok(())
}
