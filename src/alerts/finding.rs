//! What was found about one rule: whether its reason holds.

use uuid::Uuid;

use crate::channels::NoticeReason;
use crate::connections::Connection;
use crate::exports::Export;
use crate::names::{ConnectionId, Culprit, ExportId, RunId};

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
    pub name: String,
    /// The run that shows the reason.
    pub run: Option<RunId>,
}

impl Finding {
    /// A reason that no run has: its code is the kind of the rule.
    pub(super) fn holds(code: &str, culprit: Culprit, message: String) -> Self {
        Self::Holds(NoticeReason { code: code.to_owned(), culprit, message })
    }
}

impl AlertSubject {
    /// The id of the export or the connection.
    pub(super) fn id(&self) -> Uuid {
        let of_connection = self.connection.map(|connection| connection.0);
        self.export.map(|export| export.0).or(of_connection).unwrap_or_default()
    }

    pub(super) fn export(export: &Export, run: Option<RunId>) -> Self {
        let name = export.display_name.as_str().to_owned();
        Self { instance: export.instance_id, export: Some(export.id), connection: None, name, run }
    }

    pub(super) fn connection(connection: &Connection) -> Self {
        let name = connection.display_name.as_str().to_owned();
        Self {
            instance: connection.instance_id,
            export: None,
            connection: Some(connection.id),
            name,
            run: None,
        }
    }
}
