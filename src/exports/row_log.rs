//! Where an export logs the outcome of each profile.

use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

/// The longest address of a folder, in characters.
const URL_CHARS_MAX: usize = 1000;

/// Where an export logs the outcome of each profile: Parquet files, one for each batch, and a manifest for each run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RowLog {
    /// A folder under a storage root that the operator opened for writing.
    pub url: FolderUrl,
    /// Whether rows have the record as it was sent. It is personal data.
    #[serde(default)]
    pub payload: bool,
}

/// The address of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(
    value_type = String,
    min_length = 1,
    max_length = 1000,
    pattern = r"^[^\x00-\x20\x7f-\x9f]+$",
    example = "abfss://customer-insights@contoso.dfs.core.windows.net/row-log",
)]
pub struct FolderUrl(String);

impl TryFrom<String> for FolderUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_wrong = |one: char| one.is_control() || one == ' ';
        if (1..=URL_CHARS_MAX).contains(&text.chars().count()) && !text.contains(is_wrong) {
            return Ok(Self(text));
        }
        Err(
            "the address of a folder has 1 to 1000 characters, without blanks and control characters",
        )
    }
}

impl FolderUrl {
    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both name one folder, written in another way.
    #[must_use]
    pub fn is_same_folder(&self, other: &Self) -> bool {
        let written = |folder: &Self| {
            let url = Url::parse(&folder.0).map_or_else(|_| folder.0.clone(), String::from);
            url.trim_end_matches('/').to_owned()
        };
        written(self) == written(other)
    }
}
