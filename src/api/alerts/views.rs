//! Alerts and rules on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::alerts::{Alert, AlertRule, AlertStatus, RuleKind, RuleList, RuleScope, RuleSet};
use crate::channels::NoticeReason;
use crate::names::{AlertId, ChannelId, ConnectionId, ExportId, Note, RunId};
use crate::wire::{list, present};

/// The most rules: one of each kind.
pub const RULES_MAX: usize = 11;

/// An alert: what somebody should know, from when it opened until it was over.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlertView {
    /// The same in every message about this alert.
    pub alert_id: AlertId,
    pub instance_id: Uuid,
    pub kind: RuleKind,
    pub status: AlertStatus,
    /// The export that it is about; `null` of an alert about a connection or a channel.
    #[schema(required)]
    pub export_id: Option<ExportId>,
    #[schema(required)]
    pub connection_id: Option<ConnectionId>,
    /// The channel that accepts nothing; `null` of every other alert.
    #[schema(required)]
    pub channel_id: Option<ChannelId>,
    /// Name of the export, the connection or the channel when the alert opened.
    #[schema(example = "High value to newsletter")]
    pub subject_name: String,
    /// The run that showed it last; `null` where none did.
    #[schema(required)]
    pub run_id: Option<RunId>,
    pub reason: NoticeReason,
    pub opened_utc: DateTime<Utc>,
    /// When it was last seen to last.
    pub last_utc: DateTime<Utc>,
    /// When the next reminder is due; `null` when there is none.
    #[schema(required)]
    pub remind_utc: Option<DateTime<Utc>>,
    /// Subject of who acknowledged it.
    #[schema(required, example = "ann@example.com")]
    pub acknowledged_by: Option<String>,
    #[schema(required)]
    pub acknowledged_utc: Option<DateTime<Utc>>,
    #[schema(required)]
    pub note: Option<String>,
    #[schema(required)]
    pub resolved_utc: Option<DateTime<Utc>>,
    pub version: i64,
}

impl From<Alert> for AlertView {
    fn from(alert: Alert) -> Self {
        Self {
            alert_id: alert.id,
            instance_id: alert.instance_id,
            kind: alert.kind,
            status: alert.status,
            export_id: alert.export_id,
            connection_id: alert.connection_id,
            channel_id: alert.channel_id,
            subject_name: alert.subject_name,
            run_id: alert.run_id,
            reason: alert.reason.0,
            opened_utc: alert.opened_utc,
            last_utc: alert.last_utc,
            remind_utc: alert.remind_utc,
            acknowledged_by: alert.acknowledged_by,
            acknowledged_utc: alert.acknowledged_utc,
            note: alert.note,
            resolved_utc: alert.resolved_utc,
            version: alert.version,
        }
    }
}

/// Who takes care of an alert, in a word to the others.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeBody {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Note, required = false)]
    pub note: Option<Note>,
}

/// Rules, one of each kind at most.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesBody {
    /// All of them: a kind that is missing opens no alerts, or for an export those of the instance.
    #[serde(deserialize_with = "list::<RULES_MAX, _, _>")]
    #[schema(max_items = 11)]
    pub rules: Vec<AlertRule>,
}

/// The rules of an instance or an export.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RulesView {
    pub instance_id: Uuid,
    /// `null` of the rules of the instance.
    #[schema(required)]
    pub export_id: Option<ExportId>,
    /// Those that were set; of an instance that has set none, the rules that every instance begins with.
    pub rules: Vec<AlertRule>,
    /// Those that are valid: of an export its own, and for the other kinds those of the instance.
    pub valid: Vec<AlertRule>,
    /// 0 until somebody sets them.
    pub version: i64,
    #[schema(required)]
    pub updated_by: Option<String>,
    #[schema(required)]
    pub updated_utc: Option<DateTime<Utc>>,
}

impl RulesView {
    /// `inherited`: the rules of the instance.
    #[must_use]
    pub fn of(scope: RuleScope, set: Option<&RuleSet>, inherited: &RuleList) -> Self {
        let own = set.map(|set| set.rules.0.clone());
        let (rules, valid) = match (scope.export, own) {
            (None, own) => {
                let rules = own.unwrap_or_else(RuleList::of_new_instance);
                (rules.clone(), rules)
            }
            (Some(_), own) => {
                let own = own.unwrap_or_default();
                (own.clone(), inherited.with(&own))
            }
        };
        Self {
            instance_id: scope.instance,
            export_id: scope.export,
            rules: rules.items,
            valid: valid.items,
            version: set.map_or(0, |set| set.stamps.version),
            updated_by: set.map(|set| set.stamps.updated_by.clone()),
            updated_utc: set.map(|set| set.stamps.updated_utc),
        }
    }
}
