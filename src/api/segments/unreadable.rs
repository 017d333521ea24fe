//! Why the members of a segment cannot be read or written, as callers are told.

use crate::http::problem::{Problem, ProblemKind};
use crate::storage;

/// 503: the storage is unavailable, or rejects our credentials.
#[must_use]
pub fn storage_unavailable(error: &storage::Error) -> Problem {
    let detail = match error {
        storage::Error::Unavailable(_) => {
            "The storage cannot be reached. Try again in a moment.".to_owned()
        }
        refused => format!("No way into the storage: {refused}. Tell the operator."),
    };
    Problem::new(ProblemKind::Unavailable, detail)
        .retry_after(5)
        .because(anyhow::anyhow!("{error}"))
}

/// Why members cannot be read.
#[must_use]
pub fn read_problem(error: &storage::Error) -> Problem {
    match error {
        error if error.is_of_the_storage() => storage_unavailable(error),
        // These say themselves what to do.
        storage::Error::Changed { .. } | storage::Error::Lost { .. } => {
            Problem::new(ProblemKind::Unprocessable, format!("{error}."))
        }
        other => Problem::new(ProblemKind::Unprocessable, format!("{other}. Refresh the segment.")),
    }
}
