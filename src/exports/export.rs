//! An export, as it is stored.

use sqlx::types::Json;
use uuid::Uuid;

use super::feedback_folder::FeedbackFolder;
use super::list_id::ListId;
use super::makers::SettingMakers;
use super::mapping::Mapping;
use super::options::Options;
use super::row_log::RowLog;
use super::sync::ListSync;
use crate::db::{Stamps, Time};
use crate::names::{ConnectionId, DisplayName, ExportId};
use crate::schedules::Schedule;

/// A row of the table `exports`.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns are explained in the migration")]
pub struct Export {
    pub id: ExportId,
    pub instance_id: Uuid,
    pub display_name: DisplayName,
    pub connection_id: Option<ConnectionId>,
    pub list_id: ListId,
    pub mapping: Json<Mapping>,
    pub options: Json<Options>,
    pub sync: Json<ListSync>,
    pub row_log: Option<Json<RowLog>>,
    pub feedback: Option<Json<FeedbackFolder>>,
    pub schedule: Json<Schedule>,
    pub next_planned_utc: Option<Time>,
    pub makers: Json<SettingMakers>,
    #[sqlx(flatten)]
    pub stamps: Stamps,
}
