//! What an error of either engine means. Constraints have no names in SQLite, so callers know which by the statement.

use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteError;

use super::share::UsedUp;

/// Whether the database is unavailable, stops, or has no room for more now: retrying later may help.
#[must_use]
pub fn is_unavailable(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut, Tls, WorkerCrashed};
    match error {
        Io(_) | Tls(_) | PoolTimedOut | PoolClosed | WorkerCrashed => true,
        Database(error) => match error.try_downcast_ref::<SqliteError>() {
            Some(error) => is_sqlite_unavailable(error),
            None => is_postgres_unavailable(error.code().as_deref().unwrap_or_default()),
        },
        _ => false,
    }
}

/// Whether the calls of an instance wait for each other: the database itself answers.
#[must_use]
pub fn is_share_used_up(error: &sqlx::Error) -> bool {
    let sqlx::Error::Io(error) = error else { return false };
    error.get_ref().is_some_and(|cause| cause.downcast_ref::<UsedUp>().is_some())
}

/// Connection exceptions, no room for more (connections, disk, memory), errors of its disk, shutdowns, starting up, and
/// the time-outs of transactions, statements and locks; a server that is read-only, as a standby is, or rejects the
/// credentials.
fn is_postgres_unavailable(code: &str) -> bool {
    const UNAVAILABLE: [&str; 14] = [
        "08", "53", "58", "57P01", "57P02", "57P03", "57P05", "25P03", "57014", "55P03", "40",
        "25006", "28", "3D000",
    ];
    UNAVAILABLE.iter().any(|class| code.starts_with(class))
}

/// The disk is full, read-only, or fails; the file is locked or cannot be opened, as when no file descriptor is left.
/// <https://sqlite.org/rescode.html>: the lowest byte is the primary code.
fn is_sqlite_unavailable(error: &SqliteError) -> bool {
    /// Busy, locked, out of memory, read-only, input or output failed, full, cannot be opened, locking protocol.
    const UNAVAILABLE: [i32; 8] = [5, 6, 7, 8, 10, 13, 14, 15];
    let code = error.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or_default();
    UNAVAILABLE.contains(&(code & 0xff))
}

/// What a database says, without the place in its own code.
#[must_use]
pub(crate) fn in_words(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

/// Whether a statement broke a uniqueness rule.
#[must_use]
pub fn is_unique_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// Whether a statement would leave a reference to a row that does not exist, or orphan one that does.
#[must_use]
pub fn is_reference_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
}
