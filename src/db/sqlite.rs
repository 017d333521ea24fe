//! `SQLite`: its connections. One of them writes, the others only read.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Executor, Result, Sqlite, SqlitePool};

use super::share::{Share, SharePermit};
use crate::db_span;

/// How long `SQLite` waits for another process that writes.
const BUSY_MAX: Duration = Duration::from_secs(10);
/// Connections that read, beside the one that writes.
pub(super) const READERS: u32 = 4;
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
        // Deleted rows may have been people: zeros are written over them.
        .connect_with(file.clone().pragma("secure_delete", "ON"))
        .await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(wait)
        .connect_with(file.read_only(true).pragma("cache_size", SQLITE_READER_CACHE))
        .await?;
    Ok((readers, writer))
}

/// A connection in use: to read, or with a transaction, which rolls back when it is dropped.
///
/// The transaction is begun and ended by statements of ours: the library counts transactions, and its count stays wrong
/// for ever once `SQLite` has ended one by itself, as it does when the disk is full.
#[derive(Debug)]
pub struct SqliteSession {
    /// There until it is dropped.
    connection: Option<PoolConnection<Sqlite>>,
    is_writing: bool,
    _permit: SharePermit,
}

impl Deref for SqliteSession {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        self.connection.as_ref().expect("it is there until this is dropped")
    }
}

impl DerefMut for SqliteSession {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("it is there until this is dropped")
    }
}

impl SqliteSession {
    /// Each statement by itself: a transaction would cost two round trips, and on `PostgreSQL` show every statement
    /// what is committed then anyway.
    pub(super) async fn read(pool: &SqlitePool, share: &Share) -> Result<Self> {
        let permit = share.enter().await?;
        Ok(Self { connection: Some(pool.acquire().await?), is_writing: false, _permit: permit })
    }

    /// All statements or none. It takes the write lock at once, because a transaction that reads first and writes later
    /// fails when another one wrote in between.
    pub(super) async fn write(pool: &SqlitePool, share: &Share) -> Result<Self> {
        let mut session = Self::read(pool, share).await?;
        session.is_writing = true;
        session.execute("BEGIN IMMEDIATE").await?;
        Ok(session)
    }

    /// A commit that failed may have ended the transaction or not: the rollback that follows tells.
    pub(super) async fn commit(mut self) -> Result<()> {
        if self.is_writing {
            let _span = db_span!("commit", "sqlite");
            self.execute("COMMIT").await?;
            self.is_writing = false;
        }
        Ok(())
    }
}

impl Drop for SqliteSession {
    fn drop(&mut self) {
        if self.is_writing
            && let Some(connection) = self.connection.take()
        {
            drop(tokio::spawn(roll_back(connection)));
        }
    }
}

/// Rolls back what has not been committed. A connection on which that fails is thrown away: nobody knows what is left
/// of its transaction, and the next one would fail on it.
async fn roll_back(mut connection: PoolConnection<Sqlite>) {
    if connection.execute("ROLLBACK").await.is_err() {
        connection.close_on_drop();
    }
}
