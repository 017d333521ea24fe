//! What can go wrong with stored members, in words for the people who can fix it.
//!
//! Messages name fields, files and lines, and never a value: values are personal data.

use std::io;

use arrow_schema::{ArrowError, DataType};
use parquet::errors::ParquetError;

use super::{field::CUSTOMER_ID, near::same_letters};

/// What to do with a stored file that is not UTF-8.
const NOT_UTF8: &str = "the text is not UTF-8; save the file as UTF-8, or set `csv.encoding` of the source to the \
                        encoding that it has, such as `windows-1257`";

/// What to do with links that never arrive at a file.
const CIRCLE: &str = "a link leads to a folder above it, or to itself; remove it";

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why members could not be found, read or received.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is not that of a file or folder under a root: the caller's fault.
    #[error(
        "the address must name a file or folder under a storage root ({roots}), outside the folders `uploads` and \
         `baselines`"
    )]
    OutsideRoots {
        /// The addresses of the roots.
        roots: String,
    },
    /// The address is not that of a folder under a root that may be written: the caller's fault.
    #[error(
        "the address must name a folder under a storage root that may be written ({roots}), outside the folders \
         `uploads` and `baselines`"
    )]
    OutsideWritable {
        /// The addresses of these roots, or that there are none.
        roots: String,
    },
    /// The operator removed the root from the settings.
    #[error("the storage root {name:?} is no longer configured")]
    NoSuchRoot {
        /// As it was in the settings.
        name: String,
    },
    /// The operator has not opened the root for writing.
    #[error(
        "the storage root {name:?} may not be written; ask your operator to name it in \
         SEGMENT_EXPORT_STORAGE_WRITABLE"
    )]
    NotWritable {
        /// As it is in the settings.
        name: String,
    },
    /// The data source is not in the settings, or not any more.
    #[error("there is no data source {name:?} in the settings of this service")]
    NoSuchSource {
        /// As the segment has it.
        name: String,
    },
    /// The file or folder does not exist, or the folder is empty: the caller's fault.
    #[error(
        "there are no files at {path}; check the address, and that the files have been written"
    )]
    NotFound {
        /// Relative to the root of the storage.
        path: String,
    },
    /// An external object is not the pinned one: its reader must start over.
    #[error("{path} was replaced or removed after it was read; refresh the segment")]
    Changed {
        /// Relative to the root of the storage.
        path: String,
    },
    /// Members that this service stored are missing or incomplete: only their owner can bring them again.
    #[error(
        "the stored members are missing or incomplete; upload them again, or refresh the segment if they come from a \
         table"
    )]
    Lost {
        /// Relative to the default root; for the log.
        path: String,
    },
    /// The data is wrong: its writer's fault.
    #[error("{}{message}", at_line(*line))]
    Invalid {
        /// The physical line, from 1, on which the bad row begins, when the data has lines.
        line: Option<u64>,
        /// What is wrong, and what to do.
        message: String,
    },
    /// The text is not UTF-8, and nothing says how it is encoded: who reads it knows where to say it.
    #[error("{}the text is not UTF-8", at_line(Some(*line)))]
    NotUtf8 {
        /// The physical line, from 1.
        line: u64,
    },
    /// The upload has no members, and its sender did not say that this is meant.
    #[error("there are no members in the upload")]
    Empty,
    /// The members have too many bytes.
    #[error("the members are larger than {limit_bytes} bytes; send fewer members or fewer fields")]
    TooLarge {
        /// The most bytes accepted.
        limit_bytes: u64,
    },
    /// The members have few bytes as they were sent, but many as they are stored.
    #[error(
        "the members need more than the {limit_bytes} bytes of storage that are left for them; \
         send fewer members or fewer fields, or delete segments that are not needed"
    )]
    TooLargeToStore {
        /// The most bytes stored.
        limit_bytes: u64,
    },
    /// There are too many members.
    #[error("there are more than {limit_rows} members; split them into several segments")]
    TooManyRows {
        /// The most members accepted.
        limit_rows: u64,
    },
    /// The connection ended before the body did.
    #[error("the upload ended before it was complete; nothing was changed, send it again")]
    Interrupted(#[source] Cause),
    /// The storage does not let this service in: the operator's fault.
    #[error("the storage rejects the credentials of this service, or they have expired")]
    Refused(#[source] Cause),
    /// The data source of a table does not work: the data is not at fault.
    #[error(
        "the data source {name:?} cannot be reached, or does not answer in time; try again later"
    )]
    SourceUnavailable {
        /// As it is in the settings.
        name: String,
        #[source]
        #[expect(missing_docs, reason = "for the log")]
        cause: Cause,
    },
    /// The data source of a table does not let this service in: the operator's fault.
    #[error(
        "the data source {name:?} rejects the credentials of this service, or they have expired"
    )]
    SourceRefused {
        /// As it is in the settings.
        name: String,
        #[source]
        #[expect(missing_docs, reason = "for the log")]
        cause: Cause,
    },
    /// Other files take the memory for open pages: nobody is at fault.
    #[error(
        "other files that are read at the same time need all memory for open pages; try again later"
    )]
    NoRoom,
    /// The storage, or the disk for temporary files, does not work: the data is not at fault.
    #[error("the storage is unavailable; try again later")]
    Unavailable(#[source] Cause),
}

impl Error {
    /// The data is wrong, at a line where it has lines.
    pub(super) fn invalid(line: impl Into<Option<u64>>, message: impl Into<String>) -> Self {
        Self::Invalid { line: line.into(), message: message.into() }
    }

    pub(super) fn unavailable(cause: impl Into<Cause>) -> Self {
        Self::Unavailable(cause.into())
    }

    /// What is stored could not be counted.
    pub(crate) fn of_database(cause: sqlx::Error) -> Self {
        Self::unavailable(cause)
    }

    /// No column identifies the members; one may have almost the right name.
    pub(super) fn no_customer_id<'a>(
        line: impl Into<Option<u64>>,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let near = same_letters(CUSTOMER_ID, names).unwrap_or_default();
        let what = if near.is_empty() { near } else { format!(" {near}") };
        let message = format!(
            "there is no column {CUSTOMER_ID}, and every segment must have one.{what} Give that name to the column \
             that identifies a customer"
        );
        Self::invalid(line, message)
    }

    /// For an object that was not pinned before.
    pub(super) fn of_store(path: &object_store::path::Path, cause: object_store::Error) -> Self {
        match cause {
            object_store::Error::NotFound { .. } => Self::NotFound { path: path.to_string() },
            object_store::Error::Precondition { .. } => Self::Changed { path: path.to_string() },
            other if is_no_path(&other) => Self::NotFound { path: path.to_string() },
            other if is_circle(&other) => Self::invalid(None, CIRCLE).in_file(path.as_ref()),
            other if is_refusal(&other) => Self::Refused(other.into()),
            other => Self::unavailable(other),
        }
    }

    /// For an upload that is being written.
    pub(super) fn of_writing(cause: std::io::Error) -> Self {
        let inner = cause.get_ref().and_then(|inner| inner.downcast_ref::<object_store::Error>());
        if inner.is_some_and(is_refusal) {
            Self::Refused(cause.into())
        } else {
            Self::unavailable(cause)
        }
    }

    /// For an object that was pinned before.
    pub(super) fn of_pinned(path: &object_store::path::Path, cause: object_store::Error) -> Self {
        match Self::of_store(path, cause) {
            Self::NotFound { path } => Self::Changed { path },
            other => other,
        }
    }

    /// The words of the Parquet library are for developers.
    pub(super) fn of_parquet(cause: &ParquetError) -> Self {
        tracing::debug!(%cause, "Parquet data cannot be read");
        Self::damaged()
    }

    /// A column of Parquet whose values cannot be read.
    pub(super) fn of_values(name: &str, data_type: &DataType, cause: ArrowError) -> Self {
        let what = match data_type {
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => "a date",
            DataType::Time32(_) | DataType::Time64(_) => "a time",
            DataType::Duration(_) => "a duration",
            _ => return Self::of_parquet(&cause.into()),
        };
        Self::invalid(None, format!("column {name:?} contains {what} that is out of range"))
    }

    /// A Parquet file that cannot be read.
    pub(super) fn damaged() -> Self {
        Self::invalid(
            None,
            "this is not a complete Parquet file; it may be cut short or damaged, write it again",
        )
    }

    /// Whether the storage, its settings or other callers are at fault, and neither the data nor the caller.
    #[must_use]
    pub(crate) const fn is_of_the_storage(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_)
                | Self::Refused(_)
                | Self::SourceUnavailable { .. }
                | Self::SourceRefused { .. }
                | Self::NoSuchRoot { .. }
                | Self::NoRoom
        )
    }

    /// Names the data source that does not work.
    pub(super) fn of_source(self, name: &str) -> Self {
        let name = name.to_owned();
        match self {
            Self::Unavailable(cause) => Self::SourceUnavailable { name, cause },
            Self::Refused(cause) => Self::SourceRefused { name, cause },
            other => other,
        }
    }

    /// Names the file in which the data is wrong.
    pub(super) fn in_file(self, path: &str) -> Self {
        match self {
            Self::Invalid { line, message } => {
                Self::Invalid { line: None, message: format!("{path}: {}{message}", at_line(line)) }
            }
            Self::NotUtf8 { line } => Self::invalid(line, NOT_UTF8).in_file(path),
            other => other,
        }
    }
}

/// Whether no file can be at the path: it goes through a file, or a part of it is too long.
fn is_no_path(cause: &object_store::Error) -> bool {
    let kind = io_errors(cause).next().map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename))
}

/// Whether links lead round in a circle.
fn is_circle(cause: &object_store::Error) -> bool {
    let looped = rustix::io::Errno::LOOP.raw_os_error();
    io_errors(cause).any(|error| error.raw_os_error() == Some(looped))
        || causes(cause).any(|error| error.to_string().starts_with("File system loop found"))
}

fn io_errors(cause: &object_store::Error) -> impl Iterator<Item = &io::Error> {
    causes(cause).filter_map(|error| error.downcast_ref())
}

/// The error, what caused it, and so on.
fn causes(error: &object_store::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    let first: &(dyn std::error::Error + 'static) = error;
    std::iter::successors(Some(first), |error| error.source())
}

/// Whether the store rejected the credentials. Amazon answers 400 for a token that has expired.
fn is_refusal(cause: &object_store::Error) -> bool {
    match cause {
        object_store::Error::PermissionDenied { .. }
        | object_store::Error::Unauthenticated { .. } => true,
        object_store::Error::Generic { source, .. } => source.to_string().contains("ExpiredToken"),
        _ => false,
    }
}

fn at_line(line: Option<u64>) -> String {
    line.map(|line| format!("line {line}: ")).unwrap_or_default()
}
