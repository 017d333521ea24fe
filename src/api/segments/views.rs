//! Segments on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::names::DisplayName;
use crate::segments::SegmentSource;

/// A segment to be registered or changed.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SegmentBody {
    pub display_name: DisplayName,
    #[serde(default)]
    pub source: SegmentSource,
}

/// The first members of a segment.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"items": [{"CustomerId": "1", "Email": "ann@example.com", "City": "Riga"}]}))]
pub struct MembersView {
    /// Field by field, as text; `null` where there is no value.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Map<String, Value>>,
}
