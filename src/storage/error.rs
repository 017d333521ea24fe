//! What can go wrong with stored members, told to the people who have to act on it.
//!
//! Messages name fields, files and lines, and never a value: values are personal data.

use parquet::errors::ParquetError;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why members could not be found, read or taken in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address that does not lead to a file or folder under a root: the caller's fault.
    #[error(
        "the address must name a file or folder under a storage root ({roots}), outside the folder \"uploads\""
    )]
    OutsideRoots {
        /// The addresses of the roots.
        roots: String,
    },
    /// The root was taken out of the settings: the operator's fault.
    #[error("the storage root {name:?} is not configured any more")]
    NoSuchRoot {
        /// Its name.
        name: String,
    },
    /// A data source that is not configured, or not any more.
    #[error("there is no data source {name:?} in the settings of this service")]
    NoSuchSource {
        /// Its name.
        name: String,
    },
    /// There is no such file or folder, or the folder is empty: the caller's fault.
    #[error(
        "there are no files at {path}; check the address, and that the files have been written"
    )]
    NotFound {
        /// Relative to the root.
        path: String,
    },
    /// A pinned object is not what it was: whoever reads it has to start over.
    #[error("{path} was replaced or removed after it was looked at; refresh the segment")]
    Changed {
        /// Relative to the root.
        path: String,
    },
    /// Members that this service kept are not there any more, or not in full: only whoever has them can bring them again.
    #[error(
        "the members that were kept at {path} are gone or cut short; upload them again, or refresh the segment where they come from a table"
    )]
    Lost {
        /// Relative to the default root.
        path: String,
    },
    /// The data is wrong: the fault of whoever wrote it.
    #[error("{}{message}", place(*line))]
    Invalid {
        /// The physical line, from 1, on which the bad row begins, when the data has lines.
        line: Option<u64>,
        /// What is wrong with it.
        message: String,
    },
    /// More bytes than are taken in.
    #[error("the members take more than {limit_bytes} bytes; send fewer of them, or fewer fields")]
    TooLarge {
        /// The most bytes taken.
        limit_bytes: u64,
    },
    /// More members than are taken in.
    #[error("there are more than {limit_rows} members; split them into several segments")]
    TooManyRows {
        /// The most members taken.
        limit_rows: u64,
    },
    /// The body broke off: the connection's fault.
    #[error("the upload broke off before its end; nothing was changed, send it again")]
    Interrupted(#[source] Cause),
    /// The storage does not let this service in: the operator's fault.
    #[error("the storage refuses the credentials of this service, or they have expired")]
    Refused(#[source] Cause),
    /// The storage (or the disk for what is under way) does not do its work: nobody's data is wrong.
    #[error("the storage cannot be reached or refuses to work; try again later")]
    Unavailable(#[source] Cause),
}

impl Error {
    /// The data is wrong at a line.
    pub(super) fn invalid(line: impl Into<Option<u64>>, message: impl Into<String>) -> Self {
        Self::Invalid { line: line.into(), message: message.into() }
    }

    /// The storage or the disk failed.
    pub(super) fn unavailable(cause: impl Into<Cause>) -> Self {
        Self::Unavailable(cause.into())
    }

    /// What the store said about an object that is looked at for the first time.
    pub(super) fn of_store(path: &object_store::path::Path, cause: object_store::Error) -> Self {
        match cause {
            object_store::Error::NotFound { .. } => Self::NotFound { path: path.to_string() },
            object_store::Error::Precondition { .. } => Self::Changed { path: path.to_string() },
            other if is_refusal(&other) => Self::Refused(other.into()),
            other => Self::unavailable(other),
        }
    }

    /// What the store said while an upload was written to it.
    pub(super) fn of_writing(cause: std::io::Error) -> Self {
        let said = cause.get_ref().and_then(|inner| inner.downcast_ref::<object_store::Error>());
        if said.is_some_and(is_refusal) {
            Self::Refused(cause.into())
        } else {
            Self::unavailable(cause)
        }
    }

    /// What the store said about an object that was there before.
    pub(super) fn of_pinned(path: &object_store::path::Path, cause: object_store::Error) -> Self {
        match Self::of_store(path, cause) {
            Self::NotFound { path } => Self::Changed { path },
            other => other,
        }
    }

    /// What the Parquet library said about data; its words are for developers.
    pub(super) fn of_parquet(cause: &ParquetError) -> Self {
        tracing::debug!(%cause, "Parquet data cannot be read");
        Self::damaged()
    }

    /// A Parquet file that cannot be read.
    pub(super) fn damaged() -> Self {
        Self::invalid(
            None,
            "this is not a complete Parquet file; it may have been cut short or damaged, write it again",
        )
    }

    /// Whether the storage or its settings are at fault, and neither the data nor the caller.
    #[must_use]
    pub const fn is_of_the_storage(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Refused(_) | Self::NoSuchRoot { .. })
    }

    /// Names the file in which the data is wrong.
    pub(super) fn in_file(self, path: &str) -> Self {
        match self {
            Self::Invalid { line, message } => {
                Self::Invalid { line: None, message: format!("{path}: {}{message}", place(line)) }
            }
            other => other,
        }
    }
}

/// Whether the store refused the credentials. Amazon answers 400 for a token that has expired.
fn is_refusal(cause: &object_store::Error) -> bool {
    match cause {
        object_store::Error::PermissionDenied { .. }
        | object_store::Error::Unauthenticated { .. } => true,
        object_store::Error::Generic { source, .. } => source.to_string().contains("ExpiredToken"),
        _ => false,
    }
}

fn place(line: Option<u64>) -> String {
    line.map(|line| format!("line {line}: ")).unwrap_or_default()
}
