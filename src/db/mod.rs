//! One database, two engines: SQLite by default, PostgreSQL in production.
//!
//! Every statement is written once, in a `store.rs`, and runs on whichever engine the transaction
//! is open on; the engines differ only here.

mod errors;
mod handle;
mod postgres;
mod sqlite;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, Utc};
use metrics::histogram;
use sqlx::migrate::Migrator;
use sqlx::{PgPool, SqlitePool};

use crate::db_span;
use crate::telemetry::measures;

pub use handle::{ReadHandle, WriteHandle};
pub use postgres::PostgresSession;
pub use sqlite::SqliteSession;

pub use errors::{is_away, is_reference_violation, is_unique_violation};

/// Migrations only add, so that a program of the version before runs on a newer schema: while pods are replaced one
/// after the other, and after a way back.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("./migrations");
    migrations.set_ignore_missing(true);
    migrations
});

/// What a process may ask of the database.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most connections to `PostgreSQL`.
    pub connections: u32,
    /// How long to wait for a connection of the pool or for a lock, and how long a transaction may leave others waiting
    /// while it does nothing.
    pub wait: Duration,
    /// How long `PostgreSQL` may work on a statement. When it says nothing for longer than that and `wait`, it is away.
    pub statement: Duration,
}

/// A point in time as both engines keep it: UTC, microseconds.
pub type Time = DateTime<Utc>;

/// The time, cut to the microseconds that `PostgreSQL` stores, so that a value read back is equal.
#[must_use]
pub fn now() -> Time {
    Utc::now().trunc_subsecs(6)
}

/// Where everything but the members is kept.
#[derive(Clone, Debug)]
pub enum Db {
    /// `SQLite` has one writer at a time: a pool of one never sees `SQLITE_BUSY`.
    Sqlite {
        /// Connections that only read.
        readers: SqlitePool,
        /// The one connection that writes.
        writer: SqlitePool,
    },
    /// `PostgreSQL`, for more than one process.
    Postgres {
        /// Its connections.
        pool: PgPool,
        /// What may be asked of it.
        limits: Limits,
    },
}

impl Db {
    /// Opens the database at `url` (`sqlite://…` or `postgres://…`) within these limits.
    pub async fn connect(url: &str, limits: Limits) -> sqlx::Result<Self> {
        if url.starts_with("postgres") {
            return Ok(Self::Postgres { pool: postgres::connect(url, limits).await?, limits });
        }
        let (readers, writer) = sqlite::connect(url, limits.wait).await?;
        Ok(Self::Sqlite { readers, writer })
    }

    /// Brings the schema up to date.
    pub async fn migrate(&self) -> Result<(), sqlx::migrate::MigrateError> {
        match self {
            Self::Sqlite { writer, .. } => MIGRATIONS.run(writer).await,
            Self::Postgres { pool, .. } => MIGRATIONS.run(pool).await,
        }
    }

    /// Opens what may only read: a connection, on which each statement is by itself. A function that writes does not take
    /// it, and `SQLite` refuses to write on it.
    pub async fn read(&self) -> sqlx::Result<ReadHandle> {
        let _span = db_span!("open to read", self.engine());
        let started = Instant::now();
        let opened = match self {
            Self::Sqlite { readers, .. } => readers
                .acquire()
                .await
                .map(|connection| ReadHandle::Sqlite(SqliteSession::Reading(connection))),
            Self::Postgres { pool, limits } => {
                PostgresSession::read(pool, *limits).await.map(ReadHandle::Postgres)
            }
        };
        histogram!(measures::DATABASE_WAIT).record(started.elapsed());
        opened
    }

    /// Opens a transaction that may write. On `SQLite` it takes the write lock at once, because a
    /// transaction that reads first and writes later fails when another one wrote in between.
    pub async fn write(&self) -> sqlx::Result<WriteHandle> {
        let _span = db_span!("begin write", self.engine());
        let started = Instant::now();
        let opened = match self {
            Self::Sqlite { writer, .. } => {
                let begun = writer.begin_with("BEGIN IMMEDIATE").await;
                begun.map(|tx| ReadHandle::Sqlite(SqliteSession::Writing(tx)))
            }
            Self::Postgres { pool, limits } => {
                PostgresSession::write(pool, *limits).await.map(ReadHandle::Postgres)
            }
        };
        histogram!(measures::DATABASE_WAIT).record(started.elapsed());
        opened.map(WriteHandle)
    }

    /// Shows how many connections are in use.
    pub fn measure(&self) {
        let (size, idle) = match self {
            Self::Sqlite { readers, writer } => {
                (readers.size() + writer.size(), readers.num_idle() + writer.num_idle())
            }
            Self::Postgres { pool, .. } => (pool.size(), pool.num_idle()),
        };
        let used = usize::try_from(size).unwrap_or_default().saturating_sub(idle);
        measures::connections(measures::DATABASE_CONNECTIONS, used, idle);
    }

    /// What the engine is called in traces.
    const fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres { .. } => "postgresql",
        }
    }

    /// Whether the database answers, and can be written.
    pub async fn probe(&self) -> sqlx::Result<()> {
        match self.read().await? {
            ReadHandle::Sqlite(mut tx) => sqlx::query("SELECT 1").execute(&mut *tx).await.map(drop),
            ReadHandle::Postgres(mut session) => session.probe().await,
        }
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }
}

/// Who made and last changed a stored object, and how often it changed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Stamps {
    /// Rises by one with every change; the `ETag`.
    pub version: i64,
    /// Subject of the caller that made it.
    pub created_by: String,
    /// When it was made.
    pub created_utc: Time,
    /// Subject of the caller that changed it last.
    pub updated_by: String,
    /// When it was changed last.
    pub updated_utc: Time,
}
