//! The database on either engine: its pools, its migrations, and the handles that statements run on.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use metrics::histogram;
use sqlx::SqlitePool;
use sqlx::migrate::MigrateError;

use super::address::PostgresAddress;
use super::compact::{self, Compaction};
use super::connections::{self, PgPool};
use super::file_lock::{file_of, lock_of};
use super::handle::{Chain, ReadHandle, WriteHandle};
use super::limits::{DatabaseLimits, PoolMode};
use super::migrations::{self, MIGRATIONS};
use super::postgres::PostgresSession;
use super::same_file::SameFile;
use super::share::Share;
use super::sqlite::{self, SqliteSession};
use super::time::{Time, now};
use crate::secrets::Keys;
use crate::telemetry::measures;
use crate::{db_span, sql};

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
        /// Its manager knows the limits.
        pool: PgPool,
        /// What one instance may hold of them.
        share: Arc<Share>,
    },
}

impl Db {
    /// Opens the database at `url` (`sqlite://…` or `postgres://…`) within these limits. A file with the password of
    /// `PostgreSQL` is read again for each connection.
    pub async fn connect(
        url: &str,
        password_file: Option<PathBuf>,
        limits: DatabaseLimits,
    ) -> sqlx::Result<Self> {
        if url.starts_with("postgres") {
            let share = Share::of(limits.connections, limits.wait);
            let address = PostgresAddress::parse(url)?;
            let pool = connections::connect(address, password_file, limits).await?;
            return Ok(Self::of(Engine::Postgres { pool, share }));
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
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        if self.is_migrated().await.unwrap_or_default() {
            return Ok(());
        }
        match &self.engine {
            Engine::Sqlite { writer, .. } => MIGRATIONS.run(writer).await,
            Engine::Postgres { pool, .. } => match pool.manager().limits().pool_mode {
                PoolMode::Session => {
                    let mut pooled = connections::acquire(pool).await?;
                    MIGRATIONS.run(&mut pooled.connection).await
                }
                PoolMode::Transaction => migrations::run_in_one(self.write().await?).await,
            },
        }
    }

    /// Fails when there is no table of migrations yet.
    async fn is_migrated(&self) -> sqlx::Result<bool> {
        let applied = migrations::applied(&mut self.read().await?).await?;
        Ok(MIGRATIONS.iter().all(|one| applied.get(&one.version) == Some(&one.checksum.to_vec())))
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
            Engine::Postgres { pool, share } => {
                PostgresSession::read(pool, share).await.map(ReadHandle::Postgres)
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
            Engine::Postgres { pool, share } => {
                PostgresSession::write(pool, share).await.map(ReadHandle::Postgres)
            }
        };
        histogram!(measures::DATABASE_WAIT).record(started.elapsed());
        opened.map(|session| WriteHandle::new(session, self.chain.clone()))
    }

    /// Sets the gauges of used and idle connections.
    pub fn measure(&self) {
        let (size, idle) = match &self.engine {
            Engine::Sqlite { readers, writer, .. } => {
                let size = usize::try_from(readers.size() + writer.size()).unwrap_or_default();
                (size, readers.num_idle() + writer.num_idle())
            }
            Engine::Postgres { pool, .. } => (pool.status().size, pool.status().available),
        };
        let used = size.saturating_sub(idle);
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

    /// Overwrites what was deleted from these tables, as far as the engine can.
    pub async fn compact(&self, tables: &[&str]) -> sqlx::Result<Compaction> {
        match &self.engine {
            Engine::Sqlite { writer, .. } => compact::of_sqlite(writer).await,
            Engine::Postgres { pool, .. } => compact::of_postgres(pool, tables).await,
        }
    }

    /// Whether the database is a file of `SQLite`.
    #[must_use]
    pub const fn is_sqlite(&self) -> bool {
        matches!(self.engine, Engine::Sqlite { .. })
    }

    /// Returns once no connection is open any more.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite { readers, writer, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Engine::Postgres { pool, .. } => connections::close(pool).await,
        }
    }
}
