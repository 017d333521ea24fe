//! An instance on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::names::Note;
use crate::pauses::Pause;

/// An instance of Customer Insights, as this service serves it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstanceView {
    pub instance_id: Uuid,
    /// `null` while runs are sent.
    #[schema(required)]
    pub pause: Option<PauseView>,
}

/// Since when nothing is sent, and why.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PauseView {
    pub note: Note,
    /// Subject of the administrator who paused it.
    #[schema(example = "ann@example.com")]
    pub paused_by: String,
    pub paused_utc: DateTime<Utc>,
}

/// Why an instance is paused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseBody {
    pub note: Note,
}

impl InstanceView {
    #[must_use]
    pub fn of(instance_id: Uuid, pause: Option<Pause>) -> Self {
        Self { instance_id, pause: pause.map(PauseView::from) }
    }
}

impl From<Pause> for PauseView {
    fn from(pause: Pause) -> Self {
        Self { note: pause.note, paused_by: pause.paused_by, paused_utc: pause.paused_utc }
    }
}
