//! Segments on the wire.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::names::DisplayName;
use crate::segments::SegmentSource;
use crate::wire::present;

/// A segment to be registered or changed.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SegmentBody {
    pub display_name: DisplayName,
    /// Left out: a segment keeps the one it has, and its members; a new one is for uploads.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = SegmentSource, required = false)]
    pub source: Option<SegmentSource>,
}

/// What to change of a segment.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SegmentPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = DisplayName, required = false)]
    pub display_name: Option<DisplayName>,
    /// Replaced as a whole, with the members.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = SegmentSource, required = false)]
    pub source: Option<SegmentSource>,
}

/// The first members of a segment.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"items": [{"CustomerId": "1", "Email": "ann@example.com", "City": "Riga"}]}))]
pub struct MembersView {
    /// Field by field, as text; `null` where there is no value. Written already: many values of their own would take
    /// several times the memory.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Box<RawValue>>,
}
