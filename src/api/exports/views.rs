//! Exports on the wire.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::expectation_views::{ExpectationView, FreshnessView};
use crate::api::access::Permissions;
use crate::api::schedules::views::ScheduleView;
use crate::campaign_monitor::{CONSENT_TO_SEND_SMS, CONSENT_TO_TRACK};
use crate::db::Time;
use crate::exports::{
    ConsentChoice, ConsentMapping, Export, ExportContent, FeedbackFolder, FieldName, ListId,
    ListSync, Mapping, Options, RowLog, Warning,
};
use crate::names::{ConnectionId, DisplayName, ExportId, RunId};
use crate::runs::{Reason, Run, RunStatus};
use crate::schedules::Schedule;
use crate::segments::SegmentName;
use crate::wire::list;

/// Part of the API contract.
const SEGMENTS_MAX: usize = 50;

/// The segments of an export: 1 to 50, each once.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(try_from = "ManyNames")]
#[schema(value_type = Vec<SegmentName>, min_items = 1, max_items = 50)]
pub struct SegmentNames(pub Vec<SegmentName>);

/// The names as they come, of which there may be too many.
#[derive(Deserialize)]
#[serde(transparent)]
struct ManyNames(#[serde(deserialize_with = "list::<SEGMENTS_MAX, _, _>")] Vec<SegmentName>);

impl TryFrom<ManyNames> for SegmentNames {
    type Error = String;

    fn try_from(ManyNames(names): ManyNames) -> Result<Self, String> {
        if !(1..=SEGMENTS_MAX).contains(&names.len()) {
            return Err(format!("an export has 1 to {SEGMENTS_MAX} segments"));
        }
        let mut seen = HashSet::new();
        match names.iter().find(|name| !seen.insert(*name)) {
            Some(twice) => {
                Err(format!("the segment “{}” is named twice; name each once", twice.as_str()))
            }
            None => Ok(Self(names)),
        }
    }
}

/// An export to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewExportBody {
    pub display_name: DisplayName,
    pub connection_id: ConnectionId,
    pub list_id: ListId,
    pub segments: SegmentNames,
    pub mapping: Mapping,
    #[serde(default)]
    pub options: Options,
    #[serde(default)]
    pub sync: ListSync,
    #[serde(default)]
    pub row_log: Option<RowLog>,
    #[serde(default)]
    pub feedback: Option<FeedbackFolder>,
    #[serde(default)]
    pub schedule: Schedule,
}

impl NewExportBody {
    pub fn content(&self) -> ExportContent<'_> {
        ExportContent {
            display_name: &self.display_name,
            connection_id: Some(self.connection_id),
            list_id: &self.list_id,
            mapping: &self.mapping,
            options: self.options,
            sync: &self.sync,
            row_log: self.row_log.as_ref(),
            feedback: self.feedback.as_ref(),
            schedule: &self.schedule,
        }
    }
}

/// The copy of an export.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DuplicateBody {
    /// Its name; `Copy of …` when left out.
    #[serde(default)]
    pub display_name: Option<DisplayName>,
}

/// Attaches the export to this connection.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttachBody {
    pub connection_id: ConnectionId,
}

/// Whether an export can run.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ExportState {
    /// It has a connection, so it can run.
    Active,
    /// It has none, and does not run until one is attached.
    Inactive,
}

/// An export, with its state and its newest run.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportView {
    pub export_id: ExportId,
    pub instance_id: Uuid,
    pub display_name: DisplayName,
    /// `null` when it is detached.
    pub connection_id: Option<ConnectionId>,
    pub list_id: ListId,
    /// Their members are exported, in this order.
    pub segments: Vec<SegmentName>,
    pub mapping: Mapping,
    /// The consents that its runs set on the list; empty where each stays as the list has it.
    pub consent_fields: Vec<ConsentFieldView>,
    pub options: Options,
    pub sync: ListSync,
    /// `null` when nothing is logged.
    pub row_log: Option<RowLog>,
    /// `null` when no files say who left.
    pub feedback: Option<FeedbackFolder>,
    pub schedule: ScheduleView,
    pub state: ExportState,
    pub permissions: Permissions,
    /// What its owner should know before it runs.
    pub warnings: Vec<Warning>,
    /// Its newest run, if it ever ran.
    pub last_run: Option<LastRun>,
    /// The last planned time that has passed, and what came of it.
    pub last_planned: Option<ExpectationView>,
    pub freshness: FreshnessView,
    pub version: i64,
    pub created_by: String,
    pub created_utc: DateTime<Utc>,
    pub updated_by: String,
    pub updated_utc: DateTime<Utc>,
}

/// A consent that the runs of an export set.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsentFieldView {
    /// `ConsentToTrack` or `ConsentToSendSms`, as Campaign Monitor names it.
    #[schema(example = "ConsentToTrack")]
    pub key: &'static str,
    /// The same for everybody; `null` where a field of the profile says it.
    #[schema(required)]
    pub value: Option<ConsentChoice>,
    /// The field of the profile that says it; `null` where it is the same for everybody.
    #[schema(required)]
    pub field: Option<FieldName>,
}

/// What is known of the runs of an export.
pub struct Watched {
    pub last_run: Option<Run>,
    pub last_planned: Option<ExpectationView>,
    pub freshness: FreshnessView,
    pub next_runs: Vec<Time>,
}

/// The open run of an export, or else the newest, in short.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastRun {
    pub run_id: RunId,
    pub status: RunStatus,
    /// Why it ended as it did, or why it waits.
    pub reason: Option<Reason>,
    /// When it was asked for.
    pub submitted_utc: DateTime<Utc>,
    /// When it ended; `null` while it is open.
    pub end_utc: Option<DateTime<Utc>>,
}

impl ExportState {
    pub const fn of(export: &Export) -> Self {
        if export.connection_id.is_some() { Self::Active } else { Self::Inactive }
    }
}

impl ExportView {
    /// Puts together what is known of an export.
    pub fn of(
        export: Export,
        segments: Vec<SegmentName>,
        permissions: Permissions,
        warnings: Vec<Warning>,
        watched: Watched,
    ) -> Self {
        Self {
            state: ExportState::of(&export),
            export_id: export.id,
            instance_id: export.instance_id,
            display_name: export.display_name,
            connection_id: export.connection_id,
            list_id: export.list_id,
            segments,
            consent_fields: consent_fields(&export.mapping),
            mapping: export.mapping.0,
            options: export.options.0,
            sync: export.sync.0,
            row_log: export.row_log.map(|row_log| row_log.0),
            feedback: export.feedback.map(|feedback| feedback.0),
            schedule: ScheduleView::of(export.schedule.0, watched.next_runs),
            permissions,
            warnings,
            last_run: watched.last_run.map(LastRun::of),
            last_planned: watched.last_planned,
            freshness: watched.freshness,
            version: export.stamps.version,
            created_by: export.stamps.created_by,
            created_utc: export.stamps.created_utc,
            updated_by: export.stamps.updated_by,
            updated_utc: export.stamps.updated_utc,
        }
    }
}

fn consent_fields(mapping: &Mapping) -> Vec<ConsentFieldView> {
    let all = [
        (CONSENT_TO_TRACK, &mapping.consent_to_track),
        (CONSENT_TO_SEND_SMS, &mapping.consent_to_send_sms),
    ];
    let view = |(key, consent): (&'static str, &ConsentMapping)| match consent {
        ConsentMapping::Same(ConsentChoice::Unchanged) => None,
        ConsentMapping::Same(choice) => {
            Some(ConsentFieldView { key, value: Some(*choice), field: None })
        }
        ConsentMapping::Field(of) => {
            Some(ConsentFieldView { key, value: None, field: Some(of.field.clone()) })
        }
    };
    all.into_iter().filter_map(view).collect()
}

impl LastRun {
    fn of(run: Run) -> Self {
        Self {
            run_id: run.id,
            status: run.shown_status(),
            reason: run.reason.map(|reason| reason.0),
            submitted_utc: run.submitted_utc,
            end_utc: run.end_utc,
        }
    }
}
