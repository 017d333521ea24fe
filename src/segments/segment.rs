//! A segment as it is stored: its name, where its members come from, and what was found there.

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::source::SegmentSource;
use crate::db::{Stamps, Time};
use crate::names::DisplayName;
use crate::params::Params;
use crate::storage::{self, Field, Inspection, Manifest, Near, nearest};

/// Id of a segment; callers know it by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct SegmentId(pub Uuid);

/// Name of a segment: a letter, then up to 99 letters, digits, `_` or `-`. Unique in the instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[serde(try_from = "String")]
#[schema(
    value_type = String,
    min_length = 1,
    max_length = 100,
    pattern = "^[A-Za-z][A-Za-z0-9_-]{0,99}$",
    example = "HighValue"
)]
pub struct SegmentName(String);

impl TryFrom<String> for SegmentName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut bytes = text.bytes();
        let starts_well = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
        let continues_well =
            bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        if starts_well && continues_well && text.len() <= 100 {
            return Ok(Self(text));
        }
        Err("a segment name is a letter, then up to 99 letters, digits, _ or -")
    }
}

impl SegmentName {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The fields of a segment. (A JSON column holds an object.)
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Fields {
    /// In the order of the data.
    pub items: Vec<Field>,
}

/// A segment, as it is stored. The columns are explained in the migration.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Segment {
    pub id: SegmentId,
    pub instance_id: Uuid,
    pub name: SegmentName,
    pub display_name: DisplayName,
    pub source: Json<SegmentSource>,
    pub manifest: Option<Json<Manifest>>,
    pub fields: Option<Json<Fields>>,
    pub member_count: Option<i64>,
    pub refreshed_utc: Option<Time>,
    pub members_by: Option<String>,
    #[sqlx(flatten)]
    pub stamps: Stamps,
}

impl Segment {
    /// What was found when its members were last inspected.
    #[must_use]
    pub fn known(&self) -> Option<Inspection> {
        let (manifest, fields) = (self.manifest.as_ref()?, self.fields.as_ref()?);
        Some(Inspection { manifest: manifest.0.clone(), fields: fields.items.clone() })
    }

    /// What its members are read from; nothing while it was never filled.
    #[must_use]
    pub fn manifest(&self) -> Manifest {
        self.manifest.as_ref().map_or_else(Manifest::empty, |manifest| manifest.0.clone())
    }

    /// Subject of who uploaded its members, or chose the source that they come from.
    #[must_use]
    pub fn members_by(&self) -> &str {
        self.members_by.as_deref().unwrap_or(&self.stamps.updated_by)
    }

    /// The same segment with what was found in its source.
    #[must_use]
    pub fn with(self, found: Inspection) -> Self {
        let member_count = i64::try_from(found.manifest.rows()).unwrap_or(i64::MAX);
        Self {
            manifest: Some(Json(found.manifest)),
            fields: Some(Json(Fields { items: found.fields })),
            member_count: Some(member_count),
            ..self
        }
    }

    /// Why a mapping may not use a field, in a sentence and with what that names beside the field and the segment;
    /// `None` when it may, or when the fields are unknown because the segment was never filled. One that every file
    /// needs may be absent from none.
    #[must_use]
    pub fn refuses_field(&self, name: &str, is_needed: bool) -> Option<(String, Params)> {
        let fields = &self.fields.as_ref()?.items;
        let segment = self.name.as_str();
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let mappable = fields.iter().filter(|field| field.is_mappable());
            let (near, params) = hint(nearest(name, mappable.map(|field| field.name.as_str())));
            return Some((format!("The segment “{segment}” has no field “{name}”.{near}"), params));
        };
        if let Some(why) = &field.unmappable {
            return Some((
                format!("The field “{name}” of the segment “{segment}” cannot be mapped: {why}."),
                Params::default().with("cause", why.as_str()),
            ));
        }
        let file = field.absent_from.as_ref().filter(|_| is_needed)?;
        let others = fields.iter().map(|field| field.name.as_str()).filter(|other| *other != name);
        let (near, params) = hint(nearest(name, others));
        let why = format!(
            "The file “{file}” of the segment “{segment}” has no field “{name}”, and every file needs it: an empty \
             value would change what is sent.{near}"
        );
        Some((why, params.with("file", file.as_str())))
    }
}

/// A sentence that follows others, and the name in it.
fn hint(near: Option<Near<'_>>) -> (String, Params) {
    near.map(|Near { name, sentence }| {
        (format!(" {sentence}"), Params::default().with("near", name))
    })
    .unwrap_or_default()
}

/// Why the members of a segment cannot be read now.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error(transparent)]
    Storage(#[from] storage::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}
