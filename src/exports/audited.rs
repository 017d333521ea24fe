//! Exports as the audit keeps them: what their owners decide.

use serde::Serialize;

use super::content::ExportContent;
use super::export::Export;
use crate::audit::Snapshot;
use crate::segments::{Segment, SegmentName};

/// What its owner decides of an export, as the audit keeps it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuditedExport<'a> {
    #[serde(flatten)]
    content: ExportContent<'a>,
    segments: Vec<&'a SegmentName>,
}

impl From<(&Export, &[Segment])> for Snapshot {
    fn from((export, segments): (&Export, &[Segment])) -> Self {
        let segments = segments.iter().map(|segment| &segment.name).collect();
        let audited = AuditedExport { content: ExportContent::of(export), segments };
        Self::of(&export.id.0, export.display_name.as_str(), &audited)
    }
}
