//! What an export may do to people whom the list knows already.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the list treats people it knows already. The defaults never harm anybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Options {
    /// Adds people again who were deleted, and those who unsubscribed or bounced where somebody said why.
    pub resubscribe: bool,
}
