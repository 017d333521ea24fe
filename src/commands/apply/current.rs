//! What the instance has, as the API answers it. A member that is not read here may be anything; inside a mapping, a
//! sync or a source nothing may be unknown, because it could decide what happens to people.

use serde::Deserialize;
use uuid::Uuid;

use super::current_alerts::{CurrentChannel, CurrentRules};
use super::file::ConfigurationFile;
use super::service::InstanceApi;
use crate::connections::{AllowedRoles, ConnectionType};
use crate::exports::{FeedbackFolder, ListId, ListSync, Mapping, Options, RowLog};
use crate::names::{ChannelId, ConnectionId, DisplayName, ExportId};
use crate::schedules::refresh::{ClockTime, Recurrence, RefreshSchedule, Weekday};
use crate::schedules::{CronLine, Schedule, ScheduleKind, TimeZone};
use crate::segments::{SegmentName, SegmentSource};

/// What the instance has, as far as the file needs it.
pub(super) struct Current {
    pub(super) instance: Uuid,
    pub(super) connections: Vec<CurrentConnection>,
    pub(super) segments: Vec<CurrentSegment>,
    pub(super) exports: Vec<CurrentExport>,
    pub(super) schedule: Option<CurrentRefresh>,
    pub(super) channels: Vec<CurrentChannel>,
    pub(super) rules: Option<CurrentRules>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CurrentConnection {
    pub(super) connection_id: ConnectionId,
    pub(super) display_name: DisplayName,
    pub(super) r#type: ConnectionType,
    /// Only administrators see this and what follows.
    pub(super) allowed_roles: Option<AllowedRoles>,
    pub(super) consent: Option<CurrentConsent>,
    pub(super) credential: Option<CurrentCredential>,
    pub(super) export_user: Option<serde_json::Value>,
    #[serde(default)]
    pub(super) version: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CurrentConsent {
    pub(super) text_version: String,
    pub(super) lang: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CurrentCredential {
    pub(super) kind: String,
    pub(super) last_four: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CurrentSegment {
    pub(super) name: SegmentName,
    pub(super) display_name: DisplayName,
    pub(super) source: SegmentSource,
    pub(super) version: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CurrentExport {
    pub(super) export_id: ExportId,
    pub(super) display_name: DisplayName,
    pub(super) connection_id: Option<ConnectionId>,
    pub(super) list_id: ListId,
    pub(super) segments: Vec<SegmentName>,
    pub(super) mapping: Mapping,
    pub(super) options: Options,
    pub(super) sync: ListSync,
    pub(super) row_log: Option<RowLog>,
    pub(super) feedback: Option<FeedbackFolder>,
    schedule: CurrentSchedule,
    pub(super) version: i64,
}

/// Beside these, the answer has the next times.
#[derive(Deserialize)]
struct CurrentSchedule {
    kind: ScheduleKind,
    active: bool,
    timezone: Option<TimeZone>,
    #[serde(default)]
    cron: Vec<CronLine>,
}

/// Beside these, the answer has the next times.
#[derive(Deserialize)]
pub(super) struct CurrentRefresh {
    active: bool,
    recurrence: Recurrence,
    weekdays: Vec<Weekday>,
    timezone: TimeZone,
    times: Vec<ClockTime>,
    /// 0 until somebody sets it.
    pub(super) version: i64,
}

impl Current {
    /// What the file needs: a token that may not read the rest is enough.
    pub(super) async fn read(api: &InstanceApi, file: &ConfigurationFile) -> anyhow::Result<Self> {
        let has_exports = !file.exports.is_empty();
        let needs_connections = has_exports || !file.connections.is_empty();
        let needs_segments = has_exports || !file.segments.is_empty();
        let has_rules = file.alert_rules.is_some();
        let needs_channels = has_rules || !file.channels.is_empty();
        Ok(Self {
            instance: api.instance,
            connections: if needs_connections { api.list("/connections").await? } else { vec![] },
            segments: if needs_segments { api.list("/segments").await? } else { vec![] },
            exports: if has_exports { api.list("/exports").await? } else { vec![] },
            schedule: if file.schedule.is_some() {
                Some(api.get("/schedule").await?)
            } else {
                None
            },
            channels: if needs_channels { api.list("/channels").await? } else { vec![] },
            rules: if has_rules { Some(api.get("/alert-rules").await?) } else { None },
        })
    }

    pub(super) async fn everything(api: &InstanceApi) -> anyhow::Result<Self> {
        Ok(Self {
            instance: api.instance,
            connections: api.list("/connections").await?,
            segments: api.list("/segments").await?,
            exports: api.list("/exports").await?,
            schedule: Some(api.get("/schedule").await?),
            channels: api.list("/channels").await?,
            rules: Some(api.get("/alert-rules").await?),
        })
    }

    /// By the display name, which is unique.
    pub(super) fn connection(&self, name: &DisplayName) -> Option<&CurrentConnection> {
        self.connections.iter().find(|connection| connection.display_name == *name)
    }

    pub(super) fn connection_name(&self, id: ConnectionId) -> Option<&DisplayName> {
        let found = self.connections.iter().find(|connection| connection.connection_id == id);
        found.map(|connection| &connection.display_name)
    }

    /// By the display name, which is unique.
    pub(super) fn channel(&self, name: &DisplayName) -> Option<&CurrentChannel> {
        self.channels.iter().find(|channel| channel.display_name == *name)
    }

    pub(super) fn channel_name(&self, id: ChannelId) -> Option<&DisplayName> {
        let found = self.channels.iter().find(|channel| channel.channel_id == id);
        found.map(|channel| &channel.display_name)
    }

    pub(super) fn segment(&self, name: &SegmentName) -> Option<&CurrentSegment> {
        self.segments.iter().find(|segment| segment.name == *name)
    }

    /// By the display name, which several may have.
    pub(super) fn exports_named(&self, name: &DisplayName) -> Vec<&CurrentExport> {
        self.exports.iter().filter(|export| export.display_name == *name).collect()
    }
}

impl CurrentExport {
    pub(super) fn schedule(&self) -> Schedule {
        let CurrentSchedule { kind, active, timezone, cron } = &self.schedule;
        Schedule { kind: *kind, active: *active, timezone: timezone.clone(), cron: cron.clone() }
    }
}

impl CurrentRefresh {
    pub(super) fn schedule(&self) -> RefreshSchedule {
        RefreshSchedule {
            active: self.active,
            recurrence: self.recurrence,
            weekdays: self.weekdays.clone(),
            timezone: self.timezone.clone(),
            times: self.times.clone(),
        }
    }
}
