//! What a run pins: the stored objects that hold one version of a segment.
//!
//! Manifests are stored as JSON in the database: a member may be added, and none may be renamed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{csv::Dialect, field::Field, notation::ColumnNotation};

/// The name of the root for uploads.
pub(crate) const DEFAULT_ROOT: &str = "default";

/// The format of the objects that hold members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Format {
    /// Apache Parquet; columns that are nested are not read.
    Parquet,
    /// Comma-separated values with a header line; every column is text.
    Csv,
}

/// One stored object, as it was when it was inspected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Object {
    /// Relative to the root of the manifest.
    pub(crate) path: String,
    pub(crate) size: u64,
    /// The storage's identifier of this content, where it has one.
    pub(crate) etag: Option<String>,
    /// How many members are in this object.
    pub(crate) rows: u64,
    /// The index of its dialect in the manifest, when it is CSV.
    #[serde(default, skip_serializing_if = "is_first")]
    pub(crate) dialect: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_first(dialect: &usize) -> bool {
    *dialect == 0
}

/// The objects that hold one version of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The name of a root, so that the root may move to another address.
    #[serde(default = "default_root", skip_serializing_if = "is_default_root")]
    pub(crate) root: String,
    pub(crate) format: Format,
    /// How CSV is written; the default dialect when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) dialects: Vec<Dialect>,
    /// Columns of CSV whose days or numbers are written in another way than everything above reads them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) notations: BTreeMap<String, ColumnNotation>,
    /// In the order in which they are read.
    pub(crate) objects: Vec<Object>,
}

fn default_root() -> String {
    DEFAULT_ROOT.into()
}

fn is_default_root(name: &str) -> bool {
    name == DEFAULT_ROOT
}

impl Manifest {
    /// A segment without members.
    pub(crate) fn empty() -> Self {
        Self {
            root: default_root(),
            format: Format::Parquet,
            dialects: vec![],
            notations: BTreeMap::new(),
            objects: vec![],
        }
    }

    pub(super) fn dialect(&self, object: &Object) -> Dialect {
        self.dialects.get(object.dialect).cloned().unwrap_or_default()
    }

    /// The number of members in all objects.
    pub(crate) fn rows(&self) -> u64 {
        self.objects.iter().map(|object| object.rows).sum()
    }
}

/// The result of inspecting or receiving members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspection {
    pub(crate) manifest: Manifest,
    /// In the order of the data.
    pub(crate) fields: Vec<Field>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_kept_as_json() {
        let object =
            Object { path: "a.csv".into(), size: 12, etag: Some("x".into()), rows: 1, dialect: 0 };
        let pinned = Manifest {
            root: DEFAULT_ROOT.into(),
            format: Format::Csv,
            dialects: vec![],
            notations: BTreeMap::new(),
            objects: vec![object],
        };
        let json = serde_json::to_string(&pinned).unwrap();
        assert_eq!(
            json,
            r#"{"format":"csv","objects":[{"path":"a.csv","size":12,"etag":"x","rows":1}]}"#
        );
        assert_eq!(serde_json::from_str::<Manifest>(&json).unwrap(), pinned);
    }

    #[test]
    fn how_columns_are_written_is_kept_too() {
        let json = r#"{"format":"csv","notations":{"Born":{"daysOf":"de-DE"},"Points":{"numbersOf":"de-DE"},"#
            .to_owned()
            + r#""Since":{"daysAs":"dd/MM/yyyy"}},"objects":[]}"#;
        let kept: Manifest = serde_json::from_str(&json).unwrap();
        assert_eq!(kept.notations["Born"], ColumnNotation::DaysOf("de-DE".into()));
        assert_eq!(serde_json::to_string(&kept).unwrap(), json);
    }
}
