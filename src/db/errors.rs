//! What an error of either engine means. Constraints have no names in SQLite, so callers know which by the statement.

/// Whether the database is away, stops, or has no room for more just now, so that trying again later may help.
#[must_use]
pub fn is_away(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut, Tls, WorkerCrashed};
    /// Connection exceptions, no room for more (connections, disk, memory), shutdowns, starting up, and the time-outs
    /// of transactions, statements and locks; a server that only lets read, as a standby does, or no more lets us in.
    const AWAY: [&str; 13] = [
        "08", "53", "57P01", "57P02", "57P03", "57P05", "25P03", "57014", "55P03", "40", "25006",
        "28", "3D000",
    ];
    match error {
        Io(_) | Tls(_) | PoolTimedOut | PoolClosed | WorkerCrashed => true,
        Database(error) => {
            error.code().is_some_and(|code| AWAY.iter().any(|away| code.starts_with(away)))
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
