//! Object storage with the members of segments: who is in them, column by column.
//!
//! A member is a row with a `CustomerId` and any other flat fields. Members arrive as an upload (CSV, NDJSON or
//! Parquet, kept as Parquet) or lie in files that somebody else writes, under one of the storage roots. Whoever reads them pins a [`Manifest`]
//! first, and gets exactly the rows of that moment or [`Error::Changed`], never a mixture. Everything streams:
//! memory depends on the number of columns, not on the number of members.

mod csv;
mod customers;
mod error;
mod inspect;
mod model;
mod ndjson;
mod pages;
mod parquet;
mod receive;
mod roots;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod windows;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use csv::{Delimiter, Dialect, Encoding, Quotes};
pub use error::Error;
pub use inspect::Origin;
pub use receive::Upload;
pub use roots::{DEFAULT_ROOT, Location, RootSettings, Storage};
pub use table::{DataSource, SourceSettings, TableName, Tables};

/// The field that names a member; unique within a segment.
pub const CUSTOMER_ID: &str = "CustomerId";
/// The most rows in one page of [`Storage::pages`].
pub const PAGE_ROWS: usize = 1000;
/// The most bytes of text after which a page is closed early.
const PAGE_BYTES: usize = 4 << 20;
/// The longest row of a file somebody else wrote, in bytes.
const ROW_BYTES_MAX: usize = 1 << 20;
/// The most fields of a file somebody else wrote.
const FIELDS_MAX: usize = 1000;

/// How members are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Format {
    /// Apache Parquet with flat columns.
    Parquet,
    /// Comma-separated values with a header line; every column is text.
    Csv,
}

/// How members arrive in an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `text/csv`
    Csv,
    /// `application/x-ndjson`
    Ndjson,
    /// `application/vnd.apache.parquet`
    Parquet,
}

impl Media {
    /// Reads a `Content-Type`; `None` for what is not taken in, also for text that is not UTF-8.
    #[must_use]
    pub fn from_content_type(content_type: &str) -> Option<Self> {
        let mut parts = content_type.split(';').map(str::trim);
        let media = match parts.next()?.to_ascii_lowercase().as_str() {
            "text/csv" => Self::Csv,
            "application/x-ndjson" => Self::Ndjson,
            "application/vnd.apache.parquet" => Self::Parquet,
            _ => return None,
        };
        parts.all(is_utf8_or_no_charset).then_some(media)
    }
}

fn is_utf8_or_no_charset(parameter: &str) -> bool {
    match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            let value = value.trim().trim_matches('"');
            ["utf-8", "utf8", "us-ascii"].iter().any(|known| value.eq_ignore_ascii_case(known))
        }
        _ => true,
    }
}

/// One stored object, as it was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    /// Where it lies, relative to its root.
    pub path: String,
    /// Its length in bytes.
    pub size: u64,
    /// What the storage says identifies this content, when it says so.
    pub etag: Option<String>,
    /// How many members it holds.
    pub rows: u64,
    /// Which of the manifest's dialects it is written in, when it is CSV.
    #[serde(default, skip_serializing_if = "is_first")]
    pub dialect: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_first(dialect: &usize) -> bool {
    *dialect == 0
}

/// The objects that hold one version of a segment; what a run pins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The name of the root under which they lie.
    #[serde(default = "default_root", skip_serializing_if = "is_default_root")]
    pub root: String,
    /// How all of the objects are stored.
    pub format: Format,
    /// How CSV is written; the default dialect when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dialects: Vec<Dialect>,
    /// In the order in which they are read.
    pub objects: Vec<Object>,
}

fn default_root() -> String {
    DEFAULT_ROOT.into()
}

fn is_default_root(name: &str) -> bool {
    name == DEFAULT_ROOT
}

impl Manifest {
    /// No objects at all.
    #[must_use]
    pub fn empty() -> Self {
        Self { root: default_root(), format: Format::Parquet, dialects: vec![], objects: vec![] }
    }

    /// How an object is written, when it is CSV.
    fn dialect(&self, object: &Object) -> Dialect {
        self.dialects.get(object.dialect).cloned().unwrap_or_default()
    }

    /// The number of members in all objects.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.objects.iter().map(|object| object.rows).sum()
    }
}

/// What the values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum FieldType {
    /// Text.
    String,
    /// A whole or decimal number.
    Number,
    /// True or false.
    Boolean,
    /// A day or a moment.
    Date,
}

/// A field that the members of a segment have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// As written in the data; case matters.
    #[schema(example = "Email")]
    pub name: String,
    /// What its values are.
    pub r#type: FieldType,
}

/// What was found when members were looked at or taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspection {
    /// Where the members are.
    pub manifest: Manifest,
    /// The fields they have, in the order of the data.
    pub fields: Vec<Field>,
}

/// How much one upload may bring.
#[derive(Clone, Debug)]
pub struct ReceiveLimits {
    /// The longest body, in bytes.
    pub bytes_max: u64,
    /// The most members.
    pub rows_max: u64,
    /// The most fields.
    pub fields_max: usize,
    /// The longest row, in bytes.
    pub row_bytes_max: usize,
}

/// Runs work that keeps a processor or a disk busy where it does not hold up the async threads.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|broken| Err(Error::unavailable(broken)))
}
