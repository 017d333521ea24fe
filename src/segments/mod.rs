//! A segment is a set of unified customer profiles, and where its members are stored.

pub mod api;
pub mod members;
pub mod store;
pub mod views;

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::connections::DisplayName;
use crate::db::{self, Stamps, Time, Tx};
use crate::storage::{self, Field, Format, Manifest};

/// Superseded objects removed in one go.
const TIDY_MAX: i64 = 100;

/// Id of a segment; callers know it by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct SegmentId(pub Uuid);

/// Name of a segment: a letter, then up to 99 letters, digits, `_` or `-`. Unique in the instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[serde(try_from = "String")]
#[schema(value_type = String, min_length = 1, max_length = 100, pattern = "^[A-Za-z][A-Za-z0-9_-]{0,99}$", example = "HighValue")]
pub struct SegmentName(String);

impl TryFrom<String> for SegmentName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut bytes = text.bytes();
        let starts_well = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
        let goes_on_well =
            bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        if starts_well && goes_on_well && text.len() <= 100 {
            return Ok(Self(text));
        }
        Err("a segment name is a letter, then up to 99 letters, digits, _ or -")
    }
}

impl SegmentName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where the members of a segment come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
pub enum Source {
    /// They are uploaded to this service.
    #[default]
    Upload,
    /// They lie in one file or a folder of parts that somebody else writes.
    Files {
        /// The file or folder, under a configured storage root.
        #[schema(
            example = "file://data/segments/high-value.parquet",
            max_length = 4096,
            pattern = r"^[a-z0-9]+:"
        )]
        url: String,
        /// How they are stored.
        format: Format,
    },
}

/// The fields of a segment. (A JSON column holds an object.)
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Fields {
    /// In the order of the data.
    pub items: Vec<Field>,
}

/// A segment, as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns are explained in the migration")]
pub struct Segment {
    pub id: SegmentId,
    pub instance_id: Uuid,
    pub name: SegmentName,
    pub display_name: DisplayName,
    pub source: Json<Source>,
    pub manifest: Option<Json<Manifest>>,
    pub fields: Option<Json<Fields>>,
    pub member_count: Option<i64>,
    pub refreshed_utc: Option<Time>,
    #[sqlx(flatten)]
    pub stamps: Stamps,
}

impl Segment {
    /// Whether the members have a field of that name.
    #[must_use]
    pub fn has_field(&self, name: &str) -> bool {
        self.fields.iter().any(|fields| fields.items.iter().any(|field| field.name == name))
    }
}

/// Why the members of a segment cannot be read now.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The storage says so.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// The database says so.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// What there is to read of a segment now. Files that somebody else changed since are looked at again.
pub async fn current(app: &App, segment: &Segment) -> Result<Manifest, Unreadable> {
    let known = segment.manifest.as_ref().map_or_else(empty, |manifest| manifest.0.clone());
    match (&segment.source.0, app.storage.check(&known).await) {
        (_, Ok(())) => Ok(known),
        (
            Source::Files { url, format },
            Err(storage::Error::Changed { .. } | storage::Error::NotFound { .. }),
        ) => {
            let found = app.storage.inspect(&app.storage.locate(url)?, *format).await?;
            let (by, now) = (&segment.stamps.updated_by, db::now());
            let mut tx = app.db.write().await?;
            store::set_members(&mut tx, segment.id, &found, by, now).await?;
            tx.commit().await?;
            Ok(found.manifest)
        }
        (_, Err(error)) => Err(error.into()),
    }
}

const fn empty() -> Manifest {
    Manifest { format: Format::Parquet, objects: vec![] }
}

/// Marks the objects of an uploaded segment as no longer its own. What `files` name is not ours to remove.
pub async fn supersede(tx: &mut Tx, segment: &Segment, now: Time) -> sqlx::Result<()> {
    let Some(manifest) = segment.manifest.as_ref().filter(|_| segment.source.0 == Source::Upload)
    else {
        return Ok(());
    };
    for object in &manifest.objects {
        store::supersede(tx, segment.id, &object.path, now).await?;
    }
    Ok(())
}

/// Removes superseded objects that no open run reads. Returns how many.
pub async fn tidy(app: &App) -> anyhow::Result<usize> {
    let paths = store::removable(&mut app.db.read().await?, TIDY_MAX).await?;
    for path in &paths {
        app.storage.remove(path).await?;
        let mut tx = app.db.write().await?;
        store::removed(&mut tx, path).await?;
        tx.commit().await?;
    }
    Ok(paths.len())
}
