//! Why a baseline cannot be read or written.

use crate::storage::{self, OwnObject, Storage};

/// Without its baseline an export must be sent anew, as if it had never been sent.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A layer is missing, or not as it was written.
    #[error("what was last sent to the list is unknown: {path} is missing or damaged")]
    Damaged {
        /// Relative to the default root.
        path: String,
    },
    /// The storage, or the disk for temporary files, does not work; the baseline is not at fault.
    #[error(transparent)]
    Storage(storage::Error),
}

impl Error {
    pub(super) fn damaged(path: &str) -> Self {
        tracing::error!(path, "a baseline is missing or damaged");
        Self::Damaged { path: path.to_owned() }
    }

    /// For what failed while an object was read.
    pub(super) fn of_object(path: &str, cause: storage::Error) -> Self {
        if matches!(cause, storage::Error::Invalid { .. }) {
            return Self::damaged(path);
        }
        Self::Storage(cause)
    }

    /// For what was cancelled, or failed without a cause in the storage.
    pub(super) fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Storage(storage::Error::Unavailable(cause.into()))
    }

    /// A layer that is gone or cut short is damage, unless the storage itself is unavailable.
    pub(super) async fn explained(self, storage: &Storage, layers: &[OwnObject]) -> Self {
        use storage::Error::{Changed, Lost, NotFound};
        let Self::Storage(cause) = self else { return self };
        match storage.explain_own(layers, cause).await {
            Lost { path } | Changed { path } | NotFound { path } => Self::damaged(&path),
            other => Self::Storage(other),
        }
    }
}
