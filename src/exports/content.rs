//! What the owner of an export decides: the store saves it, and the audit keeps it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::export::Export;
use super::feedback_folder::FeedbackFolder;
use super::list_id::ListId;
use super::makers::DecidingSettings;
use super::mapping::Mapping;
use super::options::Options;
use super::row_log::RowLog;
use super::sync::ListSync;
use crate::names::{ConnectionId, DisplayName};
use crate::schedules::Schedule;
use crate::segments::SegmentId;

/// Everything about an export that its owner decides, except for its segments: they are rows of their own.
#[derive(PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportContent<'a> {
    pub display_name: &'a DisplayName,
    pub connection_id: Option<ConnectionId>,
    pub list_id: &'a ListId,
    pub mapping: &'a Mapping,
    pub options: Options,
    pub sync: &'a ListSync,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_log: Option<&'a RowLog>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback: Option<&'a FeedbackFolder>,
    pub schedule: &'a Schedule,
}

impl<'a> ExportContent<'a> {
    pub(crate) fn of(export: &'a Export) -> Self {
        Self {
            display_name: &export.display_name,
            connection_id: export.connection_id,
            list_id: &export.list_id,
            mapping: &export.mapping,
            options: export.options.0,
            sync: &export.sync,
            row_log: export.row_log.as_deref(),
            feedback: export.feedback.as_deref(),
            schedule: &export.schedule,
        }
    }

    /// The settings that decide what a run does to people, with the segments.
    pub(crate) fn deciding(&self, segments: &[SegmentId]) -> DecidingSettings {
        let segments: Vec<_> = segments.iter().map(|segment| segment.0.to_string()).collect();
        let mut settings = BTreeMap::from([
            ("connection".into(), self.connection_id.map(|id| id.0.to_string()).into()),
            ("list".into(), self.list_id.as_str().into()),
            ("segments".into(), segments.into()),
        ]);
        let parts = [
            ("mapping", serde_json::to_value(self.mapping)),
            ("options", serde_json::to_value(self.options)),
            ("sync", serde_json::to_value(self.sync)),
        ];
        for (name, part) in parts {
            // None of them has a key that is not a text, so none fails.
            let Ok(Value::Object(part)) = part else { continue };
            settings.extend(part.into_iter().map(|(key, value)| (format!("{name}.{key}"), value)));
        }
        DecidingSettings(settings)
    }
}
