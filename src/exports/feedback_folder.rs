//! Where an export writes who left its list.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::row_log::FolderUrl;

/// Where an export writes who left its list by their own wish or bounced: a Parquet file after each run, with those
/// whom no file has yet. It has addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeedbackFolder {
    /// A folder under a storage root that the operator opened for writing.
    pub url: FolderUrl,
}
