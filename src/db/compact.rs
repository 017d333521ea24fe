//! Overwrites what was deleted, as far as an engine can.
//!
//! `SQLite` keeps deleted rows in free pages and in its log until something else is written there. Its file is written
//! anew and the log emptied, so that no byte of them is left in either. `PostgreSQL` marks the space of deleted rows as
//! free, and overwrites it when it needs it.

use deadpool::managed::Object;
use sqlx::{AssertSqlSafe, Connection, Executor, Result, Row, SqlitePool};

use super::connections::{PgPool, acquire, answered};

/// Whether bytes of deleted rows may be left in the files of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compaction {
    /// Nothing that was deleted is left in the files, or the engine does what is left by itself.
    Done,
    /// Somebody read the database all the time, so that its log could not be emptied.
    Busy,
}

/// Rewrites the file, and empties its log. Nothing else is written meanwhile.
pub(super) async fn of_sqlite(writer: &SqlitePool) -> Result<Compaction> {
    let mut connection = writer.acquire().await?;
    connection.execute("VACUUM").await?;
    let checkpoint = connection.fetch_one("PRAGMA wal_checkpoint(TRUNCATE)").await?;
    let is_busy: i64 = checkpoint.try_get(0)?;
    Ok(if is_busy == 0 { Compaction::Done } else { Compaction::Busy })
}

/// Frees the space of deleted rows of these tables. A role that does not own them cannot: the server does it
/// later.
pub(super) async fn of_postgres(pool: &PgPool, tables: &[&str]) -> Result<Compaction> {
    let limits = pool.manager().limits();
    // A statement that was given up half-way must not come back into the pool.
    let mut connection = Object::take(acquire(pool).await?).connection;
    for table in tables {
        let vacuum = connection.execute(AssertSqlSafe(format!("VACUUM {table}")));
        answered(limits.statement + limits.wait, vacuum).await?;
    }
    answered(limits.wait, connection.close()).await?;
    Ok(Compaction::Done)
}
