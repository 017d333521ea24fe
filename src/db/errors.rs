//! What an error of either engine means. Constraints have no names in SQLite, so callers know which by the statement.

/// Whether the database is unavailable, stops, or has no room for more now: retrying later may help.
#[must_use]
pub fn is_unavailable(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut, Tls, WorkerCrashed};
    /// Connection exceptions, no room for more (connections, disk, memory), shutdowns, starting up, and the time-outs
    /// of transactions, statements and locks; a server that is read-only, as a standby is, or rejects the credentials.
    const UNAVAILABLE: [&str; 13] = [
        "08", "53", "57P01", "57P02", "57P03", "57P05", "25P03", "57014", "55P03", "40", "25006",
        "28", "3D000",
    ];
    match error {
        Io(_) | Tls(_) | PoolTimedOut | PoolClosed | WorkerCrashed => true,
        Database(error) => {
            error.code().is_some_and(|code| UNAVAILABLE.iter().any(|class| code.starts_with(class)))
        }
        _ => false,
    }
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
