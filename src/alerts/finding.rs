//! What was found about one rule: whether its reason holds.

use uuid::Uuid;

use super::rule_kind::RuleKind;
use crate::channels::{Channel, NoticeReason};
use crate::connections::Connection;
use crate::exports::Export;
use crate::names::{ChannelId, ConnectionId, Culprit, DisplayName, ExportId, RunId};
use crate::params::Params;

/// Whether there is a reason for an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// There is; `NoticeReason` says which.
    Holds(NoticeReason),
    /// There is none: an alert that is open is over.
    Clear,
    /// What happened does not show it: an alert stays as it is.
    Unknown,
}

/// What an alert is about.
#[derive(Clone, Debug)]
pub struct AlertSubject {
    pub instance: Uuid,
    pub export: Option<ExportId>,
    pub connection: Option<ConnectionId>,
    pub channel: Option<ChannelId>,
    pub name: String,
    /// The run that shows the reason.
    pub run: Option<RunId>,
}

impl Finding {
    /// A reason that no run has: its code is the kind of the rule.
    pub(super) fn holds(kind: RuleKind, culprit: Culprit, message: String, params: Params) -> Self {
        Self::Holds(NoticeReason { code: kind.word().to_owned(), culprit, message, params })
    }
}

impl AlertSubject {
    /// The id of the export, the connection or the channel.
    pub(super) fn id(&self) -> Uuid {
        let export = self.export.map(|export| export.0);
        let connection = self.connection.map(|connection| connection.0);
        export.or(connection).or(self.channel.map(|channel| channel.0)).unwrap_or_default()
    }

    pub(super) fn export(export: &Export, run: Option<RunId>) -> Self {
        let subject = Self::named(export.instance_id, &export.display_name);
        Self { export: Some(export.id), run, ..subject }
    }

    pub(super) fn connection(connection: &Connection) -> Self {
        let subject = Self::named(connection.instance_id, &connection.display_name);
        Self { connection: Some(connection.id), ..subject }
    }

    pub(super) fn channel(channel: &Channel) -> Self {
        let subject = Self::named(channel.instance_id, &channel.display_name);
        Self { channel: Some(channel.id), ..subject }
    }

    /// About nothing until it has an id.
    fn named(instance: Uuid, name: &DisplayName) -> Self {
        let name = name.as_str().to_owned();
        Self { instance, export: None, connection: None, channel: None, name, run: None }
    }
}
