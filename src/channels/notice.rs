//! What a message says, whatever it is sent by. It is also the body of a webhook.
//!
//! It never holds anything of a person in a segment: the room that writes one sees to that.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::plain::plain;
use crate::db::Time;
use crate::names::{AlertId, ChannelId, ConnectionId, Culprit, ExportId, RunId};
use crate::params::Params;

/// What a message is about. The words are the types of Standard Webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum NoticeEvent {
    /// An alert has opened: the first message about it.
    #[serde(rename = "alert.opened")]
    Opened,
    /// It still lasts, and nobody has acknowledged it.
    #[serde(rename = "alert.reminded")]
    Reminded,
    /// Its reason is gone: the last message about it.
    #[serde(rename = "alert.resolved")]
    Resolved,
    /// Somebody has pressed the button that tests the channel.
    #[serde(rename = "channel.tested")]
    Tested,
}

impl NoticeEvent {
    /// As the body and the database write it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Opened => "alert.opened",
            Self::Reminded => "alert.reminded",
            Self::Resolved => "alert.resolved",
            Self::Tested => "channel.tested",
        }
    }
}

/// The body of a webhook, by Standard Webhooks 1.0.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    pub r#type: NoticeEvent,
    pub timestamp: DateTime<Utc>,
    pub data: NoticeData,
}

/// What a message says: the same for every kind of channel.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoticeData {
    pub instance_id: Uuid,
    /// The same in every message about one alert; `null` in a test.
    #[schema(required)]
    pub alert_id: Option<AlertId>,
    /// The kind of the rule; `null` in a test.
    #[schema(required, example = "runFailed")]
    pub kind: Option<String>,
    /// One line for people: the subject of an e-mail.
    #[schema(example = "A run of “High value to newsletter” failed")]
    pub title: String,
    /// What happened and what to do, for people.
    pub message: String,
    #[schema(required)]
    pub export_id: Option<ExportId>,
    #[schema(required)]
    pub connection_id: Option<ConnectionId>,
    /// The channel that accepts nothing; `null` of every other alert.
    #[schema(required)]
    pub channel_id: Option<ChannelId>,
    /// Name of the export, the connection or the channel.
    #[schema(required)]
    pub subject_name: Option<String>,
    #[schema(required)]
    pub run_id: Option<RunId>,
    #[schema(required)]
    pub reason: Option<NoticeReason>,
    #[schema(required)]
    pub opened_utc: Option<DateTime<Utc>>,
    #[schema(required)]
    pub resolved_utc: Option<DateTime<Utc>>,
}

/// Why an alert opened, in the words of the run where a run is the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoticeReason {
    /// That of the run where a run is the reason; else the kind of the rule.
    #[schema(example = "credentialsRefused")]
    pub code: String,
    pub culprit: Culprit,
    /// What happened and what to do.
    pub message: String,
    /// The values that the message names, for who says it in other words.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    #[schema(value_type = Object, required = false, example = json!({"segment": "HighValue"}))]
    pub params: Params,
}

/// The most characters of a title and of a message: as JSON, the longest message stays below the 20 kB of the standard.
const TITLE_MAX: usize = 300;
const MESSAGE_MAX: usize = 2000;

impl Notice {
    /// A message of which no text turns the direction of another, and none is too long for its receivers.
    #[must_use]
    pub fn new(r#type: NoticeEvent, timestamp: Time, data: NoticeData) -> Self {
        let message = |text: &str| plain(text, MESSAGE_MAX);
        let reason = data.reason.map(|reason| NoticeReason {
            message: message(&reason.message),
            params: reason.params.map_texts(|text| plain(text, TITLE_MAX)),
            ..reason
        });
        let data = NoticeData {
            title: plain(&data.title, TITLE_MAX),
            message: message(&data.message),
            subject_name: data.subject_name.map(|name| plain(&name, TITLE_MAX)),
            reason,
            ..data
        };
        Self { r#type, timestamp, data }
    }

    /// The message of the test button.
    #[must_use]
    pub fn test(instance_id: Uuid, channel: &str, now: Time) -> Self {
        let data = NoticeData {
            instance_id,
            alert_id: None,
            kind: None,
            title: format!("Test of the channel “{channel}”"),
            message: "Somebody tests this channel. There is nothing to do.".to_owned(),
            export_id: None,
            connection_id: None,
            channel_id: None,
            subject_name: None,
            run_id: None,
            reason: None,
            opened_utc: None,
            resolved_utc: None,
        };
        Self::new(NoticeEvent::Tested, now, data)
    }

    /// What else is known, as pairs for people: what it is about, and since when.
    #[must_use]
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let data = &self.data;
        let time = |time: Time| time.format("%Y-%m-%d %H:%M UTC").to_string();
        let name = |is: bool| data.subject_name.clone().filter(|_| is);
        let (is_export, is_channel) = (data.export_id.is_some(), data.channel_id.is_some());
        let facts = [
            ("Export", name(is_export)),
            ("Channel", name(is_channel)),
            ("Connection", name(!is_export && !is_channel)),
            ("Since", data.opened_utc.map(time)),
            ("Until", data.resolved_utc.map(time)),
            ("Run", data.run_id.map(|run| run.0.to_string())),
            ("Alert", data.alert_id.map(|alert| alert.0.to_string())),
            ("Instance", Some(data.instance_id.to_string())),
        ];
        facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}
