//! Why a file of who left is not written.

use super::read::FeedbackError;
use crate::storage;

/// Shown to the owner of the export, but for faults of ours.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileFailure {
    #[error("the connection of the export is not connected")]
    NotConnected,
    #[error("Campaign Monitor did not say who left: {0}")]
    Unread(#[from] FeedbackError),
    #[error("{0}")]
    Storage(#[from] storage::Error),
    #[error("it took too long")]
    Late,
    #[error("something went wrong on our side")]
    Fault(#[from] anyhow::Error),
    #[error("another process writes it")]
    Outrun,
    /// It is written once more, without them.
    #[error("people were erased meanwhile")]
    Erased,
}

impl From<sqlx::Error> for FileFailure {
    fn from(error: sqlx::Error) -> Self {
        Self::Fault(error.into())
    }
}
