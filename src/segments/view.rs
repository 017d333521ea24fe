//! Segments as callers and the audit see them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::segment::{Segment, SegmentName};
use super::source::SegmentSource;
use crate::audit::Snapshot;
use crate::names::DisplayName;
use crate::storage::Field;

/// Whether a segment can be exported.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SegmentState {
    /// It has members to read, though maybe none at the moment.
    Active,
    /// It is registered, but has never been filled.
    Inactive,
}

/// A segment, with its fields and its state.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SegmentView {
    pub name: SegmentName,
    pub display_name: DisplayName,
    pub instance_id: Uuid,
    pub source: SegmentSource,
    pub state: SegmentState,
    /// 0 while it was never filled.
    #[schema(example = 1_000_000)]
    pub member_count: i64,
    /// In the order of the data.
    pub fields: Vec<Field>,
    /// When its members were last replaced or read.
    pub refreshed_utc: Option<DateTime<Utc>>,
    pub version: i64,
    pub created_by: String,
    pub created_utc: DateTime<Utc>,
    pub updated_by: String,
    pub updated_utc: DateTime<Utc>,
}

impl From<&Segment> for Snapshot {
    fn from(segment: &Segment) -> Self {
        let name = segment.display_name.as_str();
        Self::of(&segment.name.as_str(), name, &SegmentView::from(segment.clone()))
    }
}

impl From<Segment> for SegmentView {
    fn from(segment: Segment) -> Self {
        let state =
            if segment.manifest.is_some() { SegmentState::Active } else { SegmentState::Inactive };
        Self {
            name: segment.name,
            display_name: segment.display_name,
            instance_id: segment.instance_id,
            source: segment.source.0,
            state,
            member_count: segment.member_count.unwrap_or_default(),
            fields: segment.fields.map(|fields| fields.0.items).unwrap_or_default(),
            refreshed_utc: segment.refreshed_utc,
            version: segment.stamps.version,
            created_by: segment.stamps.created_by,
            created_utc: segment.stamps.created_utc,
            updated_by: segment.stamps.updated_by,
            updated_utc: segment.stamps.updated_utc,
        }
    }
}
