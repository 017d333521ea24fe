//! Where the members of a segment come from.
//!
//! The source is read field by field, so that a refusal names the field that is wrong, and a kind refuses the fields of
//! another.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::storage::{self, Dialect, ExternalData, Format, Storage};
use crate::wire::present;

/// Where the members of a segment come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields, try_from = "SourceForm")]
#[schema(as = Source)]
pub enum SegmentSource {
    /// They are uploaded to this service.
    #[default]
    Upload,
    /// They lie in one file or a folder of parts that another system writes.
    Files {
        /// The file or folder, under a configured storage root.
        #[schema(
            example = "file://data/segments/high-value.parquet",
            max_length = 4096,
            pattern = r"^[a-z0-9]+:"
        )]
        url: String,
        /// The format of the files.
        format: Format,
        /// How they are written, when they are CSV; files may be compressed by gzip or Zstandard.
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
        /// Its schema in the database; `public` when left out.
        #[serde(default = "public")]
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

impl SegmentSource {
    /// Whether this service owns the objects with the members, and so may remove them.
    #[must_use]
    pub const fn is_kept_here(&self) -> bool {
        matches!(self, Self::Upload | Self::Table { .. })
    }

    /// Whether members come from there in the same way, though maybe from another place.
    #[must_use]
    pub fn is_same_kind(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// The files that another system writes, and where; `None` where this service writes them.
    pub(super) fn external_data(
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

/// The fields of all kinds, so that a kind without a field can refuse it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SourceForm {
    kind: SourceKind,
    #[serde(default, deserialize_with = "present")]
    url: Option<String>,
    #[serde(default, deserialize_with = "present")]
    format: Option<Format>,
    #[serde(default, deserialize_with = "present")]
    #[expect(clippy::option_option, reason = "it may be null, where the kind has it")]
    csv: Option<Option<Dialect>>,
    #[serde(default, deserialize_with = "present")]
    entity: Option<String>,
    #[serde(default, deserialize_with = "present")]
    data_source: Option<String>,
    #[serde(default, deserialize_with = "present")]
    schema: Option<String>,
    #[serde(default, deserialize_with = "present")]
    table: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum SourceKind {
    Upload,
    Files,
    CustomerInsights,
    Table,
}

/// The default schema of `PostgreSQL`.
fn public() -> String {
    "public".into()
}

impl TryFrom<SourceForm> for SegmentSource {
    type Error = String;

    fn try_from(mut members: SourceForm) -> Result<Self, String> {
        let source = match members.kind {
            SourceKind::Upload => Self::Upload,
            SourceKind::Files => Self::Files {
                url: needed(&mut members.url, "url")?,
                format: needed(&mut members.format, "format")?,
                csv: members.csv.take().flatten(),
            },
            SourceKind::CustomerInsights => Self::CustomerInsights {
                url: needed(&mut members.url, "url")?,
                entity: needed(&mut members.entity, "entity")?,
            },
            SourceKind::Table => Self::Table {
                data_source: needed(&mut members.data_source, "dataSource")?,
                schema: members.schema.take().unwrap_or_else(public),
                table: needed(&mut members.table, "table")?,
            },
        };
        match members.left() {
            Some(name) => Err(format!("unknown field `{name}`: it belongs to another kind")),
            None => Ok(source),
        }
    }
}

/// In the words of serde: the position in the body is found by them.
fn needed<T>(member: &mut Option<T>, name: &str) -> Result<T, String> {
    member.take().ok_or_else(|| format!("missing field `{name}`"))
}

impl SourceForm {
    /// A field that the kind does not have.
    fn left(&self) -> Option<&'static str> {
        let left = [
            ("url", self.url.is_some()),
            ("format", self.format.is_some()),
            ("csv", self.csv.is_some()),
            ("entity", self.entity.is_some()),
            ("dataSource", self.data_source.is_some()),
            ("schema", self.schema.is_some()),
            ("table", self.table.is_some()),
        ];
        left.into_iter().find_map(|(name, is_left)| is_left.then_some(name))
    }
}
