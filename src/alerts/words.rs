//! The sentences of messages.

use super::alert::Alert;
use super::rule_kind::RuleKind;
use crate::channels::{Notice, NoticeData, NoticeEvent};
use crate::db::Time;

/// The message about an alert.
#[must_use]
pub fn notice(alert: &Alert, event: NoticeEvent, now: Time) -> Notice {
    let data = NoticeData {
        instance_id: alert.instance_id,
        alert_id: Some(alert.id),
        kind: Some(alert.kind.word().to_owned()),
        title: title(alert, event),
        message: message(alert, event),
        export_id: alert.export_id,
        connection_id: alert.connection_id,
        subject_name: Some(alert.subject_name.clone()),
        run_id: alert.run_id,
        reason: Some(alert.reason.0.clone()),
        opened_utc: Some(alert.opened_utc),
        resolved_utc: alert.resolved_utc,
    };
    Notice { r#type: event, timestamp: now, data }
}

fn title(alert: &Alert, event: NoticeEvent) -> String {
    let what = what(alert.kind).replace("{name}", &alert.subject_name);
    match event {
        NoticeEvent::Reminded => format!("Still open: {what}"),
        NoticeEvent::Resolved => format!("Resolved: {what}"),
        NoticeEvent::Opened | NoticeEvent::Tested => what,
    }
}

fn message(alert: &Alert, event: NoticeEvent) -> String {
    match event {
        NoticeEvent::Resolved => over(alert.kind).to_owned(),
        NoticeEvent::Opened | NoticeEvent::Reminded | NoticeEvent::Tested => {
            alert.reason.message.clone()
        }
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
    }
}
