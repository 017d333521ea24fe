//! A pause, as it is stored, and as the audit keeps it.

use serde::Serialize;
use uuid::Uuid;

use crate::audit::Snapshot;
use crate::db::Time;
use crate::names::Note;

/// Since when nothing is sent for an instance. The columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Pause {
    #[serde(skip)]
    pub instance_id: Uuid,
    pub note: Note,
    pub paused_by: String,
    pub paused_utc: Time,
}

impl From<&Pause> for Snapshot {
    fn from(pause: &Pause) -> Self {
        Self { name: None, ..Self::of(&pause.instance_id, "", pause) }
    }
}
