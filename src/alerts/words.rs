//! The sentences of messages.

use super::alert::Alert;
use super::rule_kind::RuleKind;
use crate::channels::{Notice, NoticeData, NoticeEvent};
use crate::db::Time;

/// What there is to tell about an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertNews {
    Opened,
    Reminded,
    Over(AlertEnding),
}

/// Why an alert is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertEnding {
    /// What it was about has ended, such as a run that failed and has succeeded since.
    ReasonGone,
    /// No rule opens such alerts any more.
    RuleRemoved,
    /// The export, the connection or the channel is gone.
    SubjectRemoved,
    /// Nothing runs in the instance until somebody ends the pause.
    InstancePaused,
}

impl AlertNews {
    const fn event(self) -> NoticeEvent {
        match self {
            Self::Opened => NoticeEvent::Opened,
            Self::Reminded => NoticeEvent::Reminded,
            Self::Over(_) => NoticeEvent::Resolved,
        }
    }
}

/// The message about an alert.
#[must_use]
pub fn notice(alert: &Alert, news: AlertNews, now: Time) -> Notice {
    let data = NoticeData {
        instance_id: alert.instance_id,
        alert_id: Some(alert.id),
        kind: Some(alert.kind.word().to_owned()),
        title: title(alert, news),
        message: message(alert, news),
        export_id: alert.export_id,
        connection_id: alert.connection_id,
        channel_id: alert.channel_id,
        subject_name: Some(alert.subject_name.clone()),
        run_id: alert.run_id,
        reason: Some(alert.reason.0.clone()),
        opened_utc: Some(alert.opened_utc),
        resolved_utc: alert.resolved_utc,
    };
    Notice::new(news.event(), now, data)
}

fn title(alert: &Alert, news: AlertNews) -> String {
    let what = what(alert.kind).replace("{name}", &alert.subject_name);
    match news {
        AlertNews::Opened => what,
        AlertNews::Reminded => format!("Still open: {what}"),
        AlertNews::Over(AlertEnding::ReasonGone) => format!("Resolved: {what}"),
        AlertNews::Over(_) => format!("No longer watched: {what}"),
    }
}

fn message(alert: &Alert, news: AlertNews) -> String {
    match news {
        AlertNews::Opened | AlertNews::Reminded => alert.reason.message.clone(),
        AlertNews::Over(AlertEnding::ReasonGone) => over(alert.kind).to_owned(),
        AlertNews::Over(AlertEnding::RuleRemoved) => {
            "Somebody changed the rules of alerts: none is about this any \
            more. Its reason may still be there, and nobody gets a message about it."
                .to_owned()
        }
        AlertNews::Over(AlertEnding::SubjectRemoved) => {
            format!("The {} was removed, so there is nothing to do.", subject(alert))
        }
        AlertNews::Over(AlertEnding::InstancePaused) => {
            "The instance is paused, so no run begins, and none is late. A run that waits too \
            long once somebody has resumed the instance is late then."
                .to_owned()
        }
    }
}

const fn subject(alert: &Alert) -> &'static str {
    if alert.export_id.is_some() {
        "export"
    } else if alert.channel_id.is_some() {
        "channel"
    } else {
        "connection"
    }
}

const fn what(kind: RuleKind) -> &'static str {
    match kind {
        RuleKind::RunFailed => "A run of “{name}” failed",
        RuleKind::ProfilesRefused => "Many profiles of “{name}” were not put on the list",
        RuleKind::ValuesLost => "Many values of “{name}” were not sent",
        RuleKind::CountDeviates => "“{name}” has an unusual number of profiles",
        RuleKind::RunLate => "A planned run of “{name}” is late",
        RuleKind::RunSlow => "A run of “{name}” takes unusually long",
        RuleKind::NotFresh => "The list of “{name}” is out of date",
        RuleKind::AwaitingApproval => "A run of “{name}” waits for an approval",
        RuleKind::ConnectionNeedsAttention => "The connection “{name}” needs attention",
        RuleKind::VerificationFailed => "The list of “{name}” has not what was sent",
        RuleKind::ChannelNeedsAttention => "The channel “{name}” accepts no messages",
    }
}

const fn over(kind: RuleKind) -> &'static str {
    match kind {
        RuleKind::RunFailed => "A later run of the export has ended well. There is nothing to do.",
        RuleKind::ProfilesRefused => {
            "In the last run of the export fewer profiles were rejected than the rule says."
        }
        RuleKind::ValuesLost => {
            "In the last run of the export fewer values were lost than the rule says."
        }
        RuleKind::CountDeviates => {
            "The last run of the export had a usual number of profiles. There is nothing to do."
        }
        RuleKind::RunLate => "The run has begun, or is no longer planned. There is nothing to do.",
        RuleKind::RunSlow => "The run has ended, or a later one took as long as usual.",
        RuleKind::NotFresh => "The list has newer data now. There is nothing to do.",
        RuleKind::AwaitingApproval => "Nothing waits for an approval any more.",
        RuleKind::ConnectionNeedsAttention => {
            "Campaign Monitor accepts the credentials, or they were replaced. There is nothing to do."
        }
        RuleKind::VerificationFailed => "A later verification found what was sent.",
        RuleKind::ChannelNeedsAttention => {
            "The channel accepts messages, or somebody has changed it, or switched it on or off."
        }
    }
}
