//! `SQLite`: its connections. One of them writes, the others only read.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Result, Sqlite, SqlitePool, Transaction};

use crate::db_span;

/// How long `SQLite` waits for another process that writes.
const BUSY_MAX: Duration = Duration::from_secs(10);
const SQLITE_READERS: u32 = 4;
/// Half a megabyte each instead of two: the rows read most are the newest, and the system caches them too.
const SQLITE_READER_CACHE: &str = "-512";

/// Opens the connections that read, and the one that writes. A reader waits `wait` for a free connection.
pub(super) async fn connect(url: &str, wait: Duration) -> Result<(SqlitePool, SqlitePool)> {
    let file = url
        .parse::<SqliteConnectOptions>()?
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_MAX);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(BUSY_MAX)
        .connect_with(file.clone())
        .await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .acquire_timeout(wait)
        .connect_with(file.read_only(true).pragma("cache_size", SQLITE_READER_CACHE))
        .await?;
    Ok((readers, writer))
}

/// How statements run on `SQLite`; on `PostgreSQL` it is the same.
#[derive(Debug)]
pub enum SqliteSession {
    /// Each by itself: a transaction would cost two round trips, and on `PostgreSQL` show every statement what is
    /// committed then anyway.
    Reading(PoolConnection<Sqlite>),
    /// All or none.
    Writing(Transaction<'static, Sqlite>),
}

impl Deref for SqliteSession {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match self {
            Self::Reading(connection) => connection,
            Self::Writing(transaction) => transaction,
        }
    }
}

impl DerefMut for SqliteSession {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Reading(connection) => connection,
            Self::Writing(transaction) => transaction,
        }
    }
}

impl SqliteSession {
    pub(super) async fn commit(self) -> Result<()> {
        let Self::Writing(transaction) = self else {
            return Ok(());
        };
        let _span = db_span!("commit", "sqlite");
        transaction.commit().await
    }
}
