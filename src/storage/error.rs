//! What can go wrong with stored members, told to the people who have to act on it.
//!
//! Messages name fields, files and lines, and never a value: values are personal data.

use parquet::errors::ParquetError;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why members could not be found, read or taken in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address that does not lead to a file or folder under the root: the caller's fault.
    #[error("the address must name a file or folder under {root}, outside the folder \"uploads\"")]
    OutsideRoot {
        /// The address of the root.
        root: String,
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
    #[error(
        "{path} was replaced or removed after it was looked at; refresh the segment and start again"
    )]
    Changed {
        /// Relative to the root.
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
    /// More bytes than an upload may have.
    #[error("the upload is larger than {limit_bytes} bytes; send fewer members or fewer fields")]
    TooLarge {
        /// The longest body taken, in bytes.
        limit_bytes: u64,
    },
    /// More members than an upload may have.
    #[error("the upload has more than {limit_rows} members; split it into several segments")]
    TooManyRows {
        /// The most members taken.
        limit_rows: u64,
    },
    /// The body broke off: the connection's fault.
    #[error("the upload broke off before its end; nothing was changed, send it again")]
    Interrupted(#[source] Cause),
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
            other => Self::unavailable(other),
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

fn place(line: Option<u64>) -> String {
    line.map(|line| format!("line {line}: ")).unwrap_or_default()
}
