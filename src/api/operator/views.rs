//! What operators see, on the wire. No member holds a name that somebody has given, a message, or anything of a person.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::alerts::RuleKind;
use crate::names::{ConnectionId, ExportId, RunId};
use crate::overview::store::OpenRuns;
use crate::overview::{InstanceCounts, ObservedRun};
use crate::processes::ServiceProcess;
use crate::runs::RunStatus;

/// The whole service at a glance.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OverviewView {
    /// Of the process that answers.
    #[schema(example = "1.0.0")]
    pub version: &'static str,
    pub now_utc: DateTime<Utc>,
    /// Those that were seen in the last 24 hours, the last seen first; at most 200.
    #[schema(max_items = 200)]
    pub processes: Vec<ProcessView>,
    pub runs: OpenRunsView,
    /// Runs that ended in the last 24 hours, by status and culprit.
    #[schema(max_items = 40)]
    pub ended_24_hours: Vec<EndedRunsView>,
    pub planned_24_hours: PlannedTimesView,
    /// Alerts that are not resolved, by kind and culprit.
    #[schema(max_items = 40)]
    pub alerts_open: Vec<OpenAlertsView>,
    pub deliveries: WaitingDeliveriesView,
    /// Connections whose credentials Campaign Monitor rejects.
    pub connections_needing_attention: i64,
    pub instances_paused: i64,
}

/// A process, as it says of itself several times a minute.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessView {
    /// Its log begins with it.
    pub process_id: Uuid,
    /// `api`, `worker`, `scheduler`.
    #[schema(max_items = 3, example = json!(["worker", "scheduler"]))]
    pub parts: Vec<String>,
    /// The version of the program that this process executes.
    #[schema(example = "1.0.0")]
    pub version: String,
    pub started_utc: DateTime<Utc>,
    pub seen_utc: DateTime<Utc>,
    /// When it last acted on planned times; `null` without a scheduler.
    #[schema(required)]
    pub scheduled_utc: Option<DateTime<Utc>>,
    /// When it last judged and sent alerts; `null` of a process that has just started.
    #[schema(required)]
    pub notified_utc: Option<DateTime<Utc>>,
}

/// Runs that have not ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenRunsView {
    pub queued: i64,
    pub awaiting_approval: i64,
    pub running: i64,
    /// Running, but their worker renews their lease no more: another one takes them over.
    pub leases_ended: i64,
    /// Since when the oldest queued run has waited.
    #[schema(required)]
    pub oldest_queued_utc: Option<DateTime<Utc>>,
    /// How many runs a worker should claim now.
    pub due: i64,
    #[schema(required)]
    pub oldest_due_utc: Option<DateTime<Utc>>,
}

/// Runs that ended in one status for one culprit, in the last 24 hours.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndedRunsView {
    pub status: RunStatus,
    /// Who can do something about it; `null` where nothing has to be done.
    #[schema(required, example = "system")]
    pub culprit: Option<String>,
    pub runs: i64,
}

/// Planned times of the last 24 hours, by what came of them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedTimesView {
    pub due: i64,
    pub waiting: i64,
    pub answered: i64,
    pub missed: i64,
}

/// Alerts of one kind that are open now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenAlertsView {
    pub kind: RuleKind,
    #[schema(example = "user")]
    pub culprit: String,
    pub alerts: i64,
}

/// Messages about alerts that are due.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitingDeliveriesView {
    pub due: i64,
    #[schema(required)]
    pub oldest_due_utc: Option<DateTime<Utc>>,
}

/// What an instance has and does, in numbers alone.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObservedInstanceView {
    pub instance_id: Uuid,
    /// Whether an administrator has paused it.
    pub paused: bool,
    pub connections: i64,
    pub connections_needing_attention: i64,
    pub exports: i64,
    pub runs_queued: i64,
    pub runs_running: i64,
    #[schema(required)]
    pub oldest_queued_utc: Option<DateTime<Utc>>,
    /// Runs that were submitted in the last 24 hours and failed.
    pub failed_24_hours: i64,
    /// Those of them that its own people must repair, such as a mapping.
    pub failed_by_user_24_hours: i64,
    /// Planned times that passed more than a minute ago without a run.
    pub late: i64,
    pub alerts_open: i64,
}

/// A run, without names and messages.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObservedRunView {
    pub run_id: RunId,
    pub instance_id: Uuid,
    pub export_id: ExportId,
    #[schema(required)]
    pub connection_id: Option<ConnectionId>,
    pub status: RunStatus,
    /// Code of the reason; its message is shown to the people of the instance.
    #[schema(required, example = "storageUnavailable")]
    pub reason_code: Option<String>,
    #[schema(required, example = "system")]
    pub culprit: Option<String>,
    #[schema(required)]
    pub planned_utc: Option<DateTime<Utc>>,
    pub submitted_utc: DateTime<Utc>,
    #[schema(required)]
    pub start_utc: Option<DateTime<Utc>>,
    #[schema(required)]
    pub end_utc: Option<DateTime<Utc>>,
    /// How often a worker has claimed it.
    pub claims: i64,
    /// Claims since the last progress.
    pub stalls: i32,
    /// Until when its worker has it; in the past when that worker is gone.
    #[schema(required)]
    pub lease_until_utc: Option<DateTime<Utc>>,
    pub selected: i64,
    pub rejected: i64,
    #[schema(required, example = "4bf92f3577b34da6a3ce929d0e0e4736")]
    pub trace_id: Option<String>,
}

impl From<ServiceProcess> for ProcessView {
    fn from(process: ServiceProcess) -> Self {
        Self {
            process_id: process.id,
            parts: process.parts.split(',').map(str::to_owned).collect(),
            version: process.version,
            started_utc: process.started_utc,
            seen_utc: process.seen_utc,
            scheduled_utc: process.scheduled_utc,
            notified_utc: process.notified_utc,
        }
    }
}

impl OpenRunsView {
    /// `due`: how many runs a worker should claim, and since when the first of them is due.
    pub fn of(open: &OpenRuns, (due, oldest_due_utc): (i64, Option<DateTime<Utc>>)) -> Self {
        Self {
            queued: open.queued,
            awaiting_approval: open.awaiting_approval,
            running: open.running,
            leases_ended: open.leases_ended,
            oldest_queued_utc: open.oldest_queued_utc,
            due,
            oldest_due_utc,
        }
    }
}

impl From<InstanceCounts> for ObservedInstanceView {
    fn from(counts: InstanceCounts) -> Self {
        Self {
            instance_id: counts.instance_id,
            paused: counts.paused,
            connections: counts.connections,
            connections_needing_attention: counts.connections_refused,
            exports: counts.exports,
            runs_queued: counts.queued,
            runs_running: counts.running,
            oldest_queued_utc: counts.oldest_queued_utc,
            failed_24_hours: counts.failed,
            failed_by_user_24_hours: counts.failed_by_user,
            late: counts.late,
            alerts_open: counts.alerts_open,
        }
    }
}

impl From<ObservedRun> for ObservedRunView {
    fn from(run: ObservedRun) -> Self {
        Self {
            run_id: run.id,
            instance_id: run.instance_id,
            export_id: run.export_id,
            connection_id: run.connection_id,
            status: run.shown_status(),
            reason_code: run.reason_code,
            culprit: run.culprit,
            planned_utc: run.planned_utc,
            submitted_utc: run.submitted_utc,
            start_utc: run.start_utc,
            end_utc: run.end_utc,
            claims: run.fence,
            stalls: run.stalls,
            lease_until_utc: run.lease_until,
            selected: run.selected,
            rejected: run.rejected,
            trace_id: run.trace_id,
        }
    }
}
