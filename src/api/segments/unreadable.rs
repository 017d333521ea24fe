//! The problems that say why the members of a segment cannot be read or written.

use std::error::Error as _;

use crate::http::problem::{Problem, ProblemKind};
use crate::storage;

/// 503: the storage is unavailable, or rejects our credentials.
#[must_use]
pub fn storage_unavailable(error: &storage::Error) -> Problem {
    let detail = match error {
        storage::Error::NoRoom => {
            return Problem::new(
                ProblemKind::Unavailable,
                "The file needs much memory, and so do others that are read now. Try again in a few seconds.",
            )
            .retry_after(5);
        }
        storage::Error::Unavailable(_) => {
            "The storage cannot be reached, or has no room. Try again in a few seconds.".to_owned()
        }
        storage::Error::SourceUnavailable { name, .. } => format!(
            "The data source {name:?} cannot be reached, or does not answer in time. Try again in a few seconds."
        ),
        setting => format!(
            "The storage cannot be used: {setting}. Ask your operator to check the storage settings."
        ),
    };
    Problem::new(ProblemKind::Unavailable, detail)
        .retry_after(5)
        .because(anyhow::anyhow!(causes(error)))
}

/// The error and what caused it, such as a disk that is full. Neither names a value.
fn causes(error: &storage::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

/// 503 when the storage is unavailable, else 422.
#[must_use]
pub fn read_problem(error: &storage::Error) -> Problem {
    match error {
        error if error.is_of_the_storage() => storage_unavailable(error),
        // Their texts already say what to do.
        storage::Error::Changed { .. } | storage::Error::Lost { .. } => {
            Problem::new(ProblemKind::Unprocessable, format!("{error}."))
        }
        other => Problem::new(ProblemKind::Unprocessable, format!("{other}. Refresh the segment.")),
    }
}
