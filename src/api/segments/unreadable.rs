//! The problems that say why the members of a segment cannot be read or written.

use crate::http::problem::{Problem, ProblemKind};
use crate::storage;

/// 503: the storage is unavailable, or rejects our credentials.
#[must_use]
pub fn storage_unavailable(error: &storage::Error) -> Problem {
    let detail = match error {
        storage::Error::Unavailable(_) => {
            "The storage cannot be reached. Try again in a few seconds.".to_owned()
        }
        setting => format!(
            "The storage cannot be used: {setting}. Ask your operator to check the storage settings."
        ),
    };
    Problem::new(ProblemKind::Unavailable, detail)
        .retry_after(5)
        .because(anyhow::anyhow!("{error}"))
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
