//! A kind of personal data on the wire: where it is, and how long.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

/// Whose data it is, since they ask for it in different ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DataSubjects {
    /// People in the segments, who know nothing of this service.
    Members,
    /// People who use this service with a token.
    Users,
}

/// What kind of place it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum LocationKind {
    /// A table of the database.
    Table,
    /// A folder of the default storage root.
    Folder,
    /// A file without a name, which is gone when the process ends.
    TemporaryFile,
    /// A list at Campaign Monitor.
    List,
    /// A storage or database of the customer.
    Source,
    /// A backup that the operator makes.
    Backup,
}

/// Where data of a kind is stored.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RetentionLocation {
    pub(super) r#type: LocationKind,
    /// Of a table, or of a folder. Of a folder of the customer it is the address.
    #[schema(required, value_type = Option<String>, example = "rejections")]
    pub(super) name: Option<Cow<'static, str>>,
}

impl RetentionLocation {
    /// A location with a name.
    pub(super) fn named(r#type: LocationKind, name: impl Into<Cow<'static, str>>) -> Self {
        Self { r#type, name: Some(name.into()) }
    }

    /// All locations of a type together.
    pub(super) const fn unnamed(r#type: LocationKind) -> Self {
        Self { r#type, name: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum AgeUnit {
    Hours,
    Days,
}

/// How long data is kept after a moment.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct RetentionAge {
    #[schema(example = 90)]
    pub(super) number: u32,
    pub(super) unit: AgeUnit,
}

/// A kind of personal data.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetentionItem {
    /// A word for front ends, which stays as it is.
    #[schema(example = "rejections")]
    pub(super) kind: &'static str,
    pub(super) whose: DataSubjects,
    /// Which data it is, in words.
    pub(super) what: &'static str,
    pub(super) locations: Vec<RetentionLocation>,
    /// When it is removed; with `age`, so long after this moment.
    pub(super) kept_until: &'static str,
    /// `null` where no age removes it.
    #[schema(required)]
    pub(super) age: Option<RetentionAge>,
    /// The setting of the age; 0 there means for ever, unless `keptUntil` says otherwise.
    #[schema(required, example = "SEGMENT_EXPORT_KEEP_REJECTIONS_DAYS")]
    pub(super) setting: Option<&'static str>,
    /// Calls that remove it before its age.
    pub(super) removed_earlier_by: Vec<&'static str>,
}
