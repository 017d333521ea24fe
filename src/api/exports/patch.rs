//! Changing an export: what is left out stays, also inside `mapping`, `options`, `sync` and `schedule`.

use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::patch_sync::SyncPatch;
use super::views::SegmentNames;
use crate::exports::{
    CUSTOM_FIELDS_MAX, ConsentMapping, CountryCode, CustomFieldMapping, EmailMapping, Export,
    ExportContent, FeedbackFolder, ListId, ListSync, Mapping, MobileMapping, NameMapping, NullWord,
    Options, RowLog, empty,
};
use crate::names::{ConnectionId, DisplayName};
use crate::schedules::{CronLine, LINES_MAX, Schedule, ScheduleKind, TimeZone};
use crate::segments::Segment;
use crate::wire::{present, present_list};

/// What to change of an export.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = DisplayName, required = false)]
    pub display_name: Option<DisplayName>,
    /// `null` detaches the export.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<ConnectionId>)]
    #[expect(clippy::option_option, reason = "left out, `null` and a value mean three things")]
    pub connection_id: Option<Option<ConnectionId>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = ListId, required = false)]
    pub list_id: Option<ListId>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = SegmentNames, required = false)]
    pub segments: Option<SegmentNames>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = MappingPatch, required = false)]
    pub mapping: Option<MappingPatch>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = OptionsPatch, required = false)]
    pub options: Option<OptionsPatch>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = SyncPatch, required = false)]
    pub sync: Option<SyncPatch>,
    /// Replaced as a whole; `null`: nothing is logged.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<RowLog>)]
    #[expect(clippy::option_option, reason = "left out, `null` and a value mean three things")]
    pub row_log: Option<Option<RowLog>>,
    /// Replaced as a whole; `null`: nothing is written, and it is forgotten whom the files have.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<FeedbackFolder>)]
    #[expect(clippy::option_option, reason = "left out, `null` and a value mean three things")]
    pub feedback: Option<Option<FeedbackFolder>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = SchedulePatch, required = false)]
    pub schedule: Option<SchedulePatch>,
}

/// An export as a patch makes it.
pub struct Patched<'a> {
    patch: &'a ExportPatch,
    old: &'a Export,
    mapping: Option<Mapping>,
    sync: Option<ListSync>,
    schedule: Option<Schedule>,
}

impl ExportPatch {
    /// Whether the export would stay as it is saved.
    pub const fn is_empty(&self) -> bool {
        let Self { display_name, connection_id, list_id, segments, mapping, options, .. } = self;
        let Self { sync, row_log, feedback, schedule, .. } = self;
        display_name.is_none()
            && connection_id.is_none()
            && list_id.is_none()
            && segments.is_none()
            && mapping.is_none()
            && options.is_none()
            && sync.is_none()
            && row_log.is_none()
            && feedback.is_none()
            && schedule.is_none()
    }

    /// The names of the segments of an export that has `old` ones.
    pub fn segment_names(&self, old: Vec<Segment>) -> SegmentNames {
        let names = || SegmentNames(old.into_iter().map(|segment| segment.name).collect());
        self.segments.clone().unwrap_or_else(names)
    }

    pub fn patched<'a>(&'a self, old: &'a Export) -> Patched<'a> {
        Patched {
            patch: self,
            old,
            mapping: self.mapping.as_ref().map(|patch| patch.applied_to(&old.mapping)),
            sync: self.sync.as_ref().map(|patch| patch.applied_to(&old.sync)),
            schedule: self.schedule.as_ref().map(|patch| patch.applied_to(&old.schedule)),
        }
    }
}

impl Patched<'_> {
    pub fn content(&self) -> ExportContent<'_> {
        let (patch, old, options) = (self.patch, self.old, self.old.options.0);
        ExportContent {
            display_name: patch.display_name.as_ref().unwrap_or(&old.display_name),
            connection_id: patch.connection_id.unwrap_or(old.connection_id),
            list_id: patch.list_id.as_ref().unwrap_or(&old.list_id),
            mapping: self.mapping.as_ref().unwrap_or(&old.mapping),
            options: patch.options.map_or(options, |patch| patch.applied_to(options)),
            sync: self.sync.as_ref().unwrap_or(&old.sync),
            row_log: patch.row_log.as_ref().map_or(old.row_log.as_deref(), Option::as_ref),
            feedback: patch.feedback.as_ref().map_or(old.feedback.as_deref(), Option::as_ref),
            schedule: self.schedule.as_ref().unwrap_or(&old.schedule),
        }
    }
}

/// What to change of a mapping. A list is replaced as a whole.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MappingPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = EmailMapping, required = false)]
    pub email: Option<EmailMapping>,
    /// `null`: subscribers get no name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<NameMapping>)]
    #[expect(clippy::option_option, reason = "left out, `null` and a value mean three things")]
    pub name: Option<Option<NameMapping>>,
    /// `null`: subscribers get no mobile number.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<MobileMapping>)]
    #[expect(clippy::option_option, reason = "left out, `null` and a value mean three things")]
    pub mobile_number: Option<Option<MobileMapping>>,
    #[serde(default, deserialize_with = "present_list::<CUSTOM_FIELDS_MAX, _, _>")]
    #[schema(value_type = Vec<CustomFieldMapping>, required = false, max_items = 100)]
    pub custom_fields: Option<Vec<CustomFieldMapping>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = ConsentMapping, required = false)]
    pub consent_to_track: Option<ConsentMapping>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = ConsentMapping, required = false)]
    pub consent_to_send_sms: Option<ConsentMapping>,
    /// `null`: UTC.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<TimeZone>)]
    #[expect(clippy::option_option, reason = "left out, `null` and a value mean three things")]
    pub timezone: Option<Option<TimeZone>>,
    /// `null`: numbers that do not name their country are not sent.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<CountryCode>)]
    #[expect(clippy::option_option, reason = "left out, `null` and a value mean three things")]
    pub default_country: Option<Option<CountryCode>>,
    #[serde(default, deserialize_with = "null_words")]
    #[schema(value_type = Vec<NullWord>, required = false, max_items = 20)]
    pub null_words: Option<Vec<NullWord>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool, required = false)]
    pub trim: Option<bool>,
}

fn null_words<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<NullWord>>, D::Error> {
    empty::words(deserializer).map(Some)
}

/// What to change of the options.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OptionsPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool, required = false)]
    pub resubscribe: Option<bool>,
}

/// What to change of a schedule. A new kind other than `custom` drops the times of the old one.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SchedulePatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = ScheduleKind, required = false)]
    pub kind: Option<ScheduleKind>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool, required = false)]
    pub active: Option<bool>,
    /// `null`: UTC.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<TimeZone>)]
    #[expect(clippy::option_option, reason = "left out, `null` and a value mean three things")]
    pub timezone: Option<Option<TimeZone>>,
    #[serde(default, deserialize_with = "present_list::<LINES_MAX, _, _>")]
    #[schema(value_type = Vec<CronLine>, required = false, max_items = 10)]
    pub cron: Option<Vec<CronLine>>,
}

impl MappingPatch {
    /// The mapping `old` with the changes.
    #[must_use]
    pub fn applied_to(&self, old: &Mapping) -> Mapping {
        let patch = self.clone();
        Mapping {
            email: patch.email.unwrap_or_else(|| old.email.clone()),
            name: patch.name.unwrap_or_else(|| old.name.clone()),
            mobile_number: patch.mobile_number.unwrap_or_else(|| old.mobile_number.clone()),
            custom_fields: patch.custom_fields.unwrap_or_else(|| old.custom_fields.clone()),
            consent_to_track: patch
                .consent_to_track
                .unwrap_or_else(|| old.consent_to_track.clone()),
            consent_to_send_sms: patch
                .consent_to_send_sms
                .unwrap_or_else(|| old.consent_to_send_sms.clone()),
            timezone: patch.timezone.unwrap_or_else(|| old.timezone.clone()),
            default_country: patch.default_country.unwrap_or_else(|| old.default_country.clone()),
            null_words: patch.null_words.unwrap_or_else(|| old.null_words.clone()),
            trim: patch.trim.unwrap_or(old.trim),
        }
    }
}

impl OptionsPatch {
    /// The options `old` with the changes.
    #[must_use]
    pub fn applied_to(self, old: Options) -> Options {
        Options { resubscribe: self.resubscribe.unwrap_or(old.resubscribe) }
    }
}

impl SchedulePatch {
    /// The schedule `old` with the changes.
    #[must_use]
    pub fn applied_to(&self, old: &Schedule) -> Schedule {
        let (kind, patch) = (self.kind.unwrap_or(old.kind), self.clone());
        let old = if kind == ScheduleKind::Custom {
            old.clone()
        } else {
            Schedule { timezone: None, cron: vec![], ..old.clone() }
        };
        Schedule {
            kind,
            active: patch.active.unwrap_or(old.active),
            timezone: patch.timezone.unwrap_or_else(|| old.timezone.clone()),
            cron: patch.cron.unwrap_or(old.cron),
        }
    }
}
