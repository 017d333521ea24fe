//! What the owner of an export decides: the store saves it, and the audit keeps it.

use serde::Serialize;

use super::export::Export;
use super::list_id::ListId;
use super::mapping::Mapping;
use super::options::Options;
use super::sync::ListSync;
use crate::names::{ConnectionId, DisplayName};
use crate::schedules::Schedule;

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
            schedule: &export.schedule,
        }
    }
}
