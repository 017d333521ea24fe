//! The database on either engine: its pools, its migrations, and the handles that statements run on.

use std::sync::{Arc, LazyLock};
use std::time::Instant;

use metrics::histogram;
use sqlx::migrate::Migrator;
use sqlx::{PgPool, SqlitePool};

use super::handle::{ReadHandle, WriteHandle};
use super::limits::DatabaseLimits;
use super::postgres::{self, PostgresSession};
use super::share::Share;
use super::sqlite::{self, SqliteSession};
use super::time::{Time, now};
use crate::telemetry::measures;
use crate::{db_span, sql};

/// Migrations only add, so that the previous version of the program runs on a newer schema: while pods are replaced one
/// after the other, and after a rollback.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("./migrations");
    migrations.set_ignore_missing(true);
    migrations
});

/// Stores everything but the members of segments.
#[derive(Clone, Debug)]
pub enum Db {
    /// `SQLite` has one writer at a time: a pool of one never sees `SQLITE_BUSY`.
    Sqlite {
        /// Connections that only read.
        readers: SqlitePool,
        /// The one connection that writes.
        writer: SqlitePool,
        /// What one instance may hold of those that read, and of the one that writes.
        shares: [Arc<Share>; 2],
    },
    /// `PostgreSQL`, for more than one process.
    Postgres {
        /// The most connections are in `limits`.
        pool: PgPool,
        /// Of each connection, too.
        limits: DatabaseLimits,
        /// What one instance may hold of them.
        share: Arc<Share>,
    },
}

impl Db {
    /// Opens the database at `url` (`sqlite://…` or `postgres://…`) within these limits.
    pub async fn connect(url: &str, limits: DatabaseLimits) -> sqlx::Result<Self> {
        if url.starts_with("postgres") {
            let share = Share::of(limits.connections, limits.wait);
            return Ok(Self::Postgres {
                pool: postgres::connect(url, limits).await?,
                limits,
                share,
            });
        }
        let (readers, writer) = sqlite::connect(url, limits.wait).await?;
        let shares = [sqlite::READERS, 1].map(|most| Share::of(most, limits.wait));
        Ok(Self::Sqlite { readers, writer, shares })
    }

    /// Brings the schema up to date.
    pub async fn migrate(&self) -> Result<(), sqlx::migrate::MigrateError> {
        match self {
            Self::Sqlite { writer, .. } => MIGRATIONS.run(writer).await,
            Self::Postgres { pool, .. } => MIGRATIONS.run(pool).await,
        }
    }

    /// Opens a connection that may only read; each statement is its own transaction. A function that writes does not
    /// accept it, and `SQLite` refuses to write on it.
    pub async fn read(&self) -> sqlx::Result<ReadHandle> {
        let _span = db_span!("open to read", self.engine());
        let started = Instant::now();
        let opened = match self {
            Self::Sqlite { readers, shares: [share, _], .. } => {
                SqliteSession::read(readers, share).await.map(ReadHandle::Sqlite)
            }
            Self::Postgres { pool, limits, share } => {
                PostgresSession::read(pool, *limits, share).await.map(ReadHandle::Postgres)
            }
        };
        histogram!(measures::DATABASE_WAIT).record(started.elapsed());
        opened
    }

    /// Opens a transaction that may write.
    pub async fn write(&self) -> sqlx::Result<WriteHandle> {
        let _span = db_span!("begin write", self.engine());
        let started = Instant::now();
        let opened = match self {
            Self::Sqlite { writer, shares: [_, share], .. } => {
                SqliteSession::write(writer, share).await.map(ReadHandle::Sqlite)
            }
            Self::Postgres { pool, limits, share } => {
                PostgresSession::write(pool, *limits, share).await.map(ReadHandle::Postgres)
            }
        };
        histogram!(measures::DATABASE_WAIT).record(started.elapsed());
        opened.map(WriteHandle)
    }

    /// Sets the gauges of used and idle connections.
    pub fn measure(&self) {
        let (size, idle) = match self {
            Self::Sqlite { readers, writer, .. } => {
                (readers.size() + writer.size(), readers.num_idle() + writer.num_idle())
            }
            Self::Postgres { pool, .. } => (pool.size(), pool.num_idle()),
        };
        let used = usize::try_from(size).unwrap_or_default().saturating_sub(idle);
        measures::connections(measures::DATABASE_CONNECTIONS, used, idle);
    }

    /// As `OpenTelemetry` names it in `db.system.name`.
    const fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres { .. } => "postgresql",
        }
    }

    /// Whether what is written now stays: writes the time into one row, reads it back, and commits. A disk that is
    /// full, a folder that became read-only and a standby all fail here, where a read would not notice.
    pub async fn probe(&self) -> sqlx::Result<()> {
        let (mut tx, written) = (self.write().await?, now());
        let read: Time = sql!(&mut tx, |db| {
            sqlx::query_scalar(
                "INSERT INTO probes (id, written_utc) VALUES (1, $1)
                 ON CONFLICT (id) DO UPDATE SET written_utc = excluded.written_utc RETURNING written_utc",
            )
            .bind(written)
            .fetch_one(db)
            .await?
        });
        if read != written {
            return Err(std::io::Error::other("the database did not keep what was written").into());
        }
        tx.commit().await
    }

    /// Returns once no connection is open any more.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { readers, writer, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }
}
