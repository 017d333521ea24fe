//! A segment is a set of unified customer profiles, and where its members are stored.

pub mod leftovers;
mod source;
pub mod store;

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use leftovers::supersede;

use crate::app::App;
use crate::db::{self, Stamps, Time, WriteHandle};
use crate::names::DisplayName;
use crate::storage::{
    self, Dialect, ExternalData, Field, Format, Inspection, Manifest, ReceiveLimits, Storage,
    TableName,
};

const FIELDS_MAX: usize = 200;
const ROW_BYTES_MAX: usize = 1 << 20;

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
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields, try_from = "source::Members")]
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
        /// How they are written, when they are CSV; files may be packed by gzip or Zstandard.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        csv: Option<Dialect>,
    },
    /// They are an entity that Customer Insights writes into a folder with a `model.json`.
    CustomerInsights {
        /// The folder that holds `model.json`, under a configured storage root.
        #[schema(
            example = "abfss://exports@account.dfs.core.windows.net/CustomerInsights_1/BlobExport",
            max_length = 4096,
            pattern = r"^[a-z0-9]+:"
        )]
        url: String,
        /// The name of the entity in the model.
        #[schema(
            example = "HighValueSegment",
            min_length = 1,
            max_length = 200,
            pattern = r"^[^\x00]+$"
        )]
        entity: String,
    },
    /// They are the rows of a table or view with a `CustomerId`, copied at the start of each run.
    #[serde(rename_all = "camelCase")]
    Table {
        /// The name of a configured data source.
        #[schema(example = "crm", min_length = 1, max_length = 200, pattern = r"^[^\x00]+$")]
        data_source: String,
        /// The schema it is in.
        #[serde(default = "source::public")]
        #[schema(example = "public", min_length = 1, max_length = 63, pattern = r"^[^\x00]+$")]
        schema: String,
        /// Its name; case matters.
        #[schema(
            example = "high_value_customers",
            min_length = 1,
            max_length = 63,
            pattern = r"^[^\x00]+$"
        )]
        table: String,
    },
}

impl Source {
    /// Whether the objects with the members are ours to remove.
    #[must_use]
    pub const fn is_kept_here(&self) -> bool {
        matches!(self, Self::Upload | Self::Table { .. })
    }

    /// The files that somebody else writes, and where; `None` where there are only our own.
    fn origin(
        &self,
        storage: &Storage,
        instance: Uuid,
    ) -> Result<Option<ExternalData>, storage::Error> {
        Ok(match self {
            Self::Upload | Self::Table { .. } => None,
            Self::Files { url, format, csv } => Some(ExternalData::Files {
                at: storage.locate(url, instance)?,
                format: *format,
                dialect: csv.clone().unwrap_or_default(),
            }),
            Self::CustomerInsights { url, entity } => Some(ExternalData::Model {
                at: storage.locate(url, instance)?,
                entity: entity.clone(),
            }),
        })
    }
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
    /// What was found when its members were last looked at.
    #[must_use]
    pub fn known(&self) -> Option<Inspection> {
        let (manifest, fields) = (self.manifest.as_ref()?, self.fields.as_ref()?);
        Some(Inspection { manifest: manifest.0.clone(), fields: fields.items.clone() })
    }

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

/// What there is to read of a segment now. What somebody else writes is looked at again, which costs little when it is
/// what it was; a table is copied.
pub async fn current(app: &App, segment: &Segment) -> Result<Manifest, Unreadable> {
    let (known, instance) = (segment.known(), segment.instance_id);
    let scope = segment.id.0.to_string();
    let Some(found) = look(app, instance, &segment.source.0, &scope, known.clone()).await? else {
        let known = known.map_or_else(Manifest::empty, |known| known.manifest);
        app.storage.check(&known).await?;
        return Ok(known);
    };
    if known.as_ref() != Some(&found) {
        let mut tx = app.db.write().await?;
        remember(&mut tx, segment, &found).await?;
        tx.commit().await?;
    }
    Ok(found.manifest)
}

/// How much a segment may have that is kept here.
#[must_use]
pub fn receive_limits(app: &App) -> ReceiveLimits {
    ReceiveLimits {
        bytes_max: app.config.limits.max_upload_bytes,
        rows_max: app.config.limits.max_members_per_segment,
        fields_max: FIELDS_MAX,
        row_bytes_max: ROW_BYTES_MAX,
    }
}

/// Whether the instance of a segment may (still) read where its members come from.
pub fn check_open(app: &App, segment: &Segment) -> Result<(), storage::Error> {
    match &segment.source.0 {
        Source::Table { data_source, .. } => {
            app.tables.source(data_source, segment.instance_id).map(drop)
        }
        source => source.origin(&app.storage, segment.instance_id).map(drop),
    }
}

/// Looks at the members where they are now, unless they are what is `known`; `None` for uploads. The rows of a table
/// are copied, under the instance and `scope`.
pub async fn look(
    app: &App,
    instance: Uuid,
    source: &Source,
    scope: &str,
    known: Option<Inspection>,
) -> Result<Option<Inspection>, storage::Error> {
    if let Source::Table { data_source, schema, table } = source {
        let (data_source, schema, table) = (data_source.clone(), schema.clone(), table.clone());
        let (name, limits) = (TableName { data_source, schema, table }, receive_limits(app));
        let (source, scope) =
            (app.tables.source(&name.data_source, instance)?, format!("{instance}/{scope}"));
        return app.storage.copy_table(source, &scope, &name, &limits).await.map(Some);
    }
    match source.origin(&app.storage, instance)? {
        Some(origin) => app.storage.inspect(&origin, known).await.map(Some),
        None => Ok(None),
    }
}

/// Remembers what was found in the source of a segment. Where the segment was changed meanwhile, what was copied for
/// nothing is given up once the run that copied it has read it.
pub async fn remember(
    tx: &mut WriteHandle,
    segment: &Segment,
    found: &Inspection,
) -> sqlx::Result<()> {
    let (now, by) = (db::now(), &segment.stamps.updated_by);
    let current = store::get_to_change(tx, segment.instance_id, &segment.name).await?;
    let is_same = |now: &Segment| now.id == segment.id && now.source.0 == segment.source.0;
    if let Some(current) = current.filter(is_same) {
        store::set_members(tx, current.id, found, by, now).await?;
        return supersede(tx, &current, now).await;
    }
    if segment.source.0.is_kept_here() {
        for object in &found.manifest.objects {
            store::supersede(tx, segment.id, &object.path, now).await?;
        }
    }
    Ok(())
}
