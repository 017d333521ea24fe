//! Somebody who may be sent again although they left: named, with a reason, by a person who answers for it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::Time;
use crate::erasures::CaseText;
use crate::names::ExportId;

/// Later ones have larger ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct ReadmissionId(pub Uuid);

impl From<Uuid> for ReadmissionId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

/// The columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Readmission {
    pub id: ReadmissionId,
    pub instance_id: Uuid,
    pub export_id: ExportId,
    pub email: String,
    pub reason: CaseText,
    pub created_by: String,
    pub created_utc: Time,
}
