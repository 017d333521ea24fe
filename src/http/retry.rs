//! Calls that read, check, and then write: what was read may change in between (optimistic concurrency).
//!
//! No lock is held while Campaign Monitor or a storage answers. A call that then finds another version than the one it
//! checked, or a reference to a deleted object, writes nothing and starts again. The result is the same as that of a
//! call a moment later.

use super::problem::Problem;
use crate::db;

/// After so many tries the caller gets 412.
const TRIES: u32 = 5;

/// Makes a change, and starts again when another change came first.
pub async fn retry<T>(change: impl AsyncFn() -> Result<T, Problem>) -> Result<T, Problem> {
    for _ in 1..TRIES {
        match change().await {
            Err(problem) if problem.is_conflict() => {}
            answer => return answer,
        }
    }
    change().await
}

/// A conflict when a statement refers to a deleted object, deletes one that is in use, or adds one that exists.
#[must_use]
pub fn conflict(error: sqlx::Error) -> Problem {
    if db::is_reference_violation(&error) || db::is_unique_violation(&error) {
        return Problem::conflict();
    }
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::problem::ProblemKind;
    use std::cell::Cell;

    async fn tried(answer: impl Fn(u32) -> Result<(), Problem>) -> (u32, Option<ProblemKind>) {
        let tries = Cell::new(0);
        let change = async || {
            tries.set(tries.get() + 1);
            answer(tries.get())
        };
        let answer = retry(change).await;
        (tries.get(), answer.err().map(|problem| problem.kind()))
    }

    #[tokio::test]
    async fn only_a_conflict_is_retried_and_not_for_ever() {
        assert_eq!(tried(|_| Ok(())).await, (1, None));
        assert_eq!(tried(|_| Err(Problem::changed())).await, (1, Some(ProblemKind::Changed)));
        assert_eq!(tried(|_| Err(Problem::conflict())).await, (TRIES, Some(ProblemKind::Changed)));
        let at_last = |n| if n < TRIES { Err(Problem::conflict()) } else { Ok(()) };
        assert_eq!(tried(at_last).await, (TRIES, None));
    }
}
