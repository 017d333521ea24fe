//! The database on either engine: its pools, its migrations, and the handles that statements run on.

use std::sync::{Arc, LazyLock};
use std::time::Instant;

use metrics::histogram;
use sqlx::migrate::Migrator;
use sqlx::{PgPool, SqlitePool};

use super::file_lock::{file_of, lock_of};
use super::handle::{Chain, ReadHandle, WriteHandle};
use super::limits::DatabaseLimits;
use super::postgres::{self, PostgresSession};
use super::same_file::SameFile;
use super::share::Share;
use super::sqlite::{self, SqliteSession};
use super::time::{Time, now};
use crate::secrets::Keys;
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
pub struct Db {
    engine: Engine,
    chain: Chain,
}

#[derive(Clone, Debug)]
enum Engine {
    /// `SQLite` has one writer at a time: a pool of one never sees `SQLITE_BUSY`.
    Sqlite {
        /// Connections that only read.
        readers: SqlitePool,
        /// The one connection that writes.
        writer: SqlitePool,
        /// What one instance may hold of those that read, and of the one that writes.
        shares: [Arc<Share>; 2],
        /// That of the database, and the one that its owner locks.
        files: Arc<[SameFile]>,
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
            let pool = postgres::connect(url, limits).await?;
            return Ok(Self::of(Engine::Postgres { pool, limits, share }));
        }
        let (readers, writer) = sqlite::connect(url, limits.wait).await?;
        let shares = [sqlite::READERS, 1].map(|most| Share::of(most, limits.wait));
        let file = file_of(url)?;
        let files = [file.clone(), lock_of(file)].into_iter().filter_map(SameFile::find).collect();
        Ok(Self::of(Engine::Sqlite { readers, writer, shares, files }))
    }

    fn of(engine: Engine) -> Self {
        Self { engine, chain: Chain::default() }
    }

    /// With the keys that mark what is added to the chain.
    #[must_use]
    pub fn with_keys(mut self, keys: Keys) -> Self {
        self.chain.keys = Some(keys);
        self
    }

    /// Brings the schema up to date. A role that may not change it can start the service when it is.
    pub async fn migrate(&self) -> Result<(), sqlx::migrate::MigrateError> {
        if self.is_migrated().await.unwrap_or_default() {
            return Ok(());
        }
        match &self.engine {
            Engine::Sqlite { writer, .. } => MIGRATIONS.run(writer).await,
            Engine::Postgres { pool, .. } => MIGRATIONS.run(pool).await,
        }
    }

    /// Fails when there is no table of migrations yet.
    async fn is_migrated(&self) -> sqlx::Result<bool> {
        let applied: Vec<(i64, Vec<u8>)> = sql!(&mut self.read().await?, |db| {
            sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success")
                .fetch_all(db)
                .await?
        });
        let is_applied = |(version, sum): (i64, &[u8])| {
            applied.iter().any(|(known, same)| *known == version && same == sum)
        };
        Ok(MIGRATIONS.iter().all(|one| is_applied((one.version, &one.checksum))))
    }

    /// Opens a connection that may only read; each statement is its own transaction. A function that writes does not
    /// accept it, and `SQLite` refuses to write on it.
    pub async fn read(&self) -> sqlx::Result<ReadHandle> {
        let _span = db_span!("open to read", self.engine());
        let started = Instant::now();
        let opened = match &self.engine {
            Engine::Sqlite { readers, shares: [share, _], .. } => {
                SqliteSession::read(readers, share).await.map(ReadHandle::Sqlite)
            }
            Engine::Postgres { pool, limits, share } => {
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
        let opened = match &self.engine {
            Engine::Sqlite { writer, shares: [_, share], .. } => {
                SqliteSession::write(writer, share).await.map(ReadHandle::Sqlite)
            }
            Engine::Postgres { pool, limits, share } => {
                PostgresSession::write(pool, *limits, share).await.map(ReadHandle::Postgres)
            }
        };
        histogram!(measures::DATABASE_WAIT).record(started.elapsed());
        opened.map(|session| WriteHandle::new(session, self.chain.clone()))
    }

    /// Sets the gauges of used and idle connections.
    pub fn measure(&self) {
        let (size, idle) = match &self.engine {
            Engine::Sqlite { readers, writer, .. } => {
                (readers.size() + writer.size(), readers.num_idle() + writer.num_idle())
            }
            Engine::Postgres { pool, .. } => (pool.size(), pool.num_idle()),
        };
        let used = usize::try_from(size).unwrap_or_default().saturating_sub(idle);
        measures::connections(measures::DATABASE_CONNECTIONS, used, idle);
    }

    /// As `OpenTelemetry` names it in `db.system.name`.
    const fn engine(&self) -> &'static str {
        match &self.engine {
            Engine::Sqlite { .. } => "sqlite",
            Engine::Postgres { .. } => "postgresql",
        }
    }

    /// Whether what is written now stays: writes the time into one row, reads it back, and commits. A disk that is
    /// full, a folder that became read-only and a standby all fail here, where a read would not notice; so does a file
    /// that was removed or replaced, which still takes what is written.
    pub async fn probe(&self) -> sqlx::Result<()> {
        if let Engine::Sqlite { files, .. } = &self.engine {
            files.iter().try_for_each(SameFile::check)?;
        }
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
        match &self.engine {
            Engine::Sqlite { readers, writer, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Engine::Postgres { pool, .. } => pool.close().await,
        }
    }
}
