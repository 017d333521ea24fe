//! The connections to `PostgreSQL`: how one is opened, tested, and kept.
//!
//! Each new one looks for the server that accepts writes, and reads its password again. So a failover and a password
//! that has expired cost connections, and never a restart.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use deadpool::managed::{
    Manager, Metrics, Object, Pool, PoolError, RecycleError, RecycleResult, WeakPool,
};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection, Error, Executor, Result, Row};
use tokio::time::{Instant, sleep, timeout};

use super::address::PostgresAddress;
use super::limits::{DatabaseLimits, PoolMode};
use crate::secrets;

/// How long ago a connection may have been tested and still be used, also one that is always in use: a primary that has
/// become a standby continues to answer reads.
const UNTESTED_MAX: Duration = Duration::from_secs(1);
/// A connection that was idle for longer is closed.
const IDLE_MAX: Duration = Duration::from_mins(10);
/// A connection that is older is replaced.
const AGE_MAX: Duration = Duration::from_mins(30);
/// How often idle connections are looked for.
const TIDY_PAUSE: Duration = Duration::from_mins(1);
/// Before the second attempt to connect; doubled each time.
const RETRY_PAUSE: Duration = Duration::from_millis(10);

/// A pool of connections to `PostgreSQL`.
pub(super) type PgPool = Pool<Connections>;
/// A connection in use, which returns to its pool when it is dropped.
pub(super) type Pooled = Object<Connections>;

/// Opens and tests the connections of a pool.
pub(super) struct Connections {
    address: PostgresAddress,
    /// Read again for each connection.
    password_file: Option<PathBuf>,
    limits: DatabaseLimits,
    /// Which server of the address was right last.
    current: AtomicUsize,
    /// Rises when a connection to one of several servers was found dead or read-only: those of before are not used any
    /// more.
    generation: AtomicU64,
}

/// Without the address, which has a password.
impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// A connection as the pool keeps it.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) connection: PgConnection,
    generation: u64,
    tested: Instant,
}

impl Manager for Connections {
    type Type = Opened;
    type Error = Error;

    async fn create(&self) -> Result<Opened> {
        let generation = self.generation.load(Ordering::Relaxed);
        let mut connection = Box::pin(self.open()).await?;
        if let Some(settings) = self.limits.of_session() {
            answered(self.limits.wait, connection.execute(AssertSqlSafe(settings))).await?;
        }
        Ok(Opened { connection, generation, tested: Instant::now() })
    }

    /// Tests a connection that was not tested for a while. Testing it each time would cost a round trip. One that does
    /// not respond is replaced, for which some of the time to wait must be left.
    async fn recycle(&self, opened: &mut Opened, metrics: &Metrics) -> RecycleResult<Error> {
        let is_distrusted = opened.generation != self.generation.load(Ordering::Relaxed);
        if is_distrusted || metrics.age() > AGE_MAX {
            return Err(RecycleError::message("too old"));
        }
        if opened.tested.elapsed() <= UNTESTED_MAX {
            return Ok(());
        }
        opened.tested = Instant::now();
        let test = may_write(&mut opened.connection);
        let error = match answered(self.limits.wait / 2, test).await {
            Ok(true) => return Ok(()),
            Ok(false) => read_only(),
            Err(error) => error,
        };
        self.distrust(opened);
        Err(error.into())
    }
}

impl Connections {
    pub(super) const fn limits(&self) -> DatabaseLimits {
        self.limits
    }

    /// Where another server may have taken over, uses no connection again that is as old as this one; one failover
    /// counts once. A single server may only be slow, and to open all of them again would make it slower.
    pub(super) fn distrust(&self, opened: &Opened) {
        if self.address.is_for_writing() {
            let (old, order) = (opened.generation, Ordering::Relaxed);
            let _ = self.generation.compare_exchange(old, old + 1, order, order);
        }
    }

    /// Tries again for as long as a call may wait, where a server only starts, or none accepts writes yet.
    async fn open(&self) -> Result<PgConnection> {
        let (started, mut pause) = (Instant::now(), RETRY_PAUSE);
        loop {
            let error = match self.open_any().await {
                Ok(connection) => return Ok(connection),
                Err(error) => error,
            };
            if !may_pass(&error) || started.elapsed() + pause >= self.limits.wait {
                return Err(error);
            }
            sleep(pause).await;
            pause = (pause * 2).min(self.limits.wait / 5);
        }
    }

    /// Asks each server once, first the one that was right last. A server that does not respond leaves the others
    /// their share of the time.
    async fn open_any(&self) -> Result<PgConnection> {
        let (servers, password) = (self.address.servers(), self.password()?);
        let share = self.limits.wait / u32::try_from(servers.len()).unwrap_or(u32::MAX);
        let first = self.current.load(Ordering::Relaxed);
        let mut failed: Option<Error> = None;
        for index in (first..first + servers.len()).map(|index| index % servers.len()) {
            let opening = Box::pin(self.open_at(&servers[index], password.as_ref()));
            match answered(share, opening).await {
                Ok(connection) => {
                    self.current.store(index, Ordering::Relaxed);
                    return Ok(connection);
                }
                Err(error) => failed = failed.filter(may_pass).or(Some(error)),
            }
        }
        Err(failed.unwrap_or_else(silent))
    }

    async fn open_at(
        &self,
        server: &PgConnectOptions,
        password: Option<&SecretString>,
    ) -> Result<PgConnection> {
        // PgBouncer rejects what it does not know; PostgreSQL writes floats in full without it.
        let mut options =
            server.clone().application_name("segment-export").extra_float_digits(None::<i8>);
        if let Some(password) = password {
            options = options.password(password.expose_secret());
        }
        if self.limits.pool_mode == PoolMode::Transaction {
            options = options.statement_cache_capacity(0);
        }
        let mut connection = Box::pin(PgConnection::connect_with(&options)).await?;
        if self.address.is_for_writing() && !may_write(&mut connection).await? {
            return Err(read_only());
        }
        Ok(connection)
    }

    fn password(&self) -> Result<Option<SecretString>> {
        let Some(file) = &self.password_file else { return Ok(None) };
        secrets::read_file(file).map(Some).map_err(|why| {
            let file = file.display();
            io::Error::other(format!("the file of the password, {file}, {why}")).into()
        })
    }

    /// Fails where no server can be used, and where a pooler in front of them would mix up the sessions of its clients.
    async fn check(&self) -> Result<()> {
        let mut one = self.open().await?;
        if self.limits.pool_mode == PoolMode::Session {
            let mut other = self.open().await?;
            if answered(self.limits.wait, share_sessions(&mut one, &mut other)).await? {
                let problem = "a pooler gives each transaction another session: set \
                               SEGMENT_EXPORT_DATABASE_POOL_MODE=transaction";
                return Err(Error::Configuration(problem.into()));
            }
            other.close().await?;
        }
        one.close().await
    }
}

/// Opens a pool of connections, at most as many as the limits say.
pub(super) async fn connect(
    address: PostgresAddress,
    password_file: Option<PathBuf>,
    limits: DatabaseLimits,
) -> Result<PgPool> {
    let (current, generation) = (AtomicUsize::new(0), AtomicU64::new(0));
    let connections = Connections { address, password_file, limits, current, generation };
    connections.check().await?;
    let most = usize::try_from(limits.connections).unwrap_or(usize::MAX);
    let pool = Pool::builder(connections).max_size(most).build();
    let pool = pool.map_err(|error| Error::Configuration(error.into()))?;
    tokio::spawn(close_idle(pool.weak()));
    Ok(pool)
}

/// Takes a connection of the pool. Boxed, as all futures that open one: they would be a part of every call.
pub(super) async fn acquire(pool: &PgPool) -> Result<Pooled> {
    match timeout(pool.manager().limits.wait, Box::pin(pool.get())).await {
        Ok(Ok(pooled)) => Ok(pooled),
        Ok(Err(PoolError::Backend(error))) => Err(error),
        Ok(Err(PoolError::Closed)) => Err(Error::PoolClosed),
        Ok(Err(_)) | Err(_) => Err(Error::PoolTimedOut),
    }
}

/// Puts a connection back, unless the server does not answer on it: a statement may have been given up half-way.
pub(super) async fn put_back(mut pooled: Pooled, most: Duration) {
    if answered(most, pooled.connection.ping()).await.is_err() {
        drop(Object::take(pooled));
    }
}

/// Returns once no connection is open any more.
pub(super) async fn close(pool: &PgPool) {
    const POLL: Duration = Duration::from_millis(10);
    for opened in pool.retain(|_, _| false).removed {
        let _ = opened.connection.close().await;
    }
    pool.close();
    while pool.status().size > 0 {
        sleep(POLL).await;
    }
}

/// Closes connections that nobody needs, for as long as the pool is there.
async fn close_idle(pool: WeakPool<Connections>) {
    while let Some(pool) = pool.upgrade() {
        for opened in pool.retain(|_, metrics| metrics.last_used() < IDLE_MAX).removed {
            let _ = timeout(pool.manager().limits.wait, opened.connection.close()).await;
        }
        drop(pool);
        sleep(TIDY_PAUSE).await;
    }
}

/// Whether this connection may write. One that was opened on a standby, or while the server was read-only, stays
/// read-only. Not prepared, because a pooler may give each statement another session.
pub(super) async fn may_write(connection: &mut PgConnection) -> Result<bool> {
    let row = connection.fetch_one("SHOW transaction_read_only").await?;
    Ok(row.try_get::<String, _>(0)? == "off")
}

/// Whether two connections meet in one session of the server, or one of them has more than one.
async fn share_sessions(one: &mut PgConnection, other: &mut PgConnection) -> Result<bool> {
    let first = (session(one).await?, session(other).await?);
    let second = (session(one).await?, session(other).await?);
    Ok(first.0 == first.1 || first != second)
}

async fn session(connection: &mut PgConnection) -> Result<i32> {
    connection.fetch_one("SELECT pg_backend_pid()").await?.try_get(0)
}

/// Whether a server may be reached, or accept writes, a moment later.
fn may_pass(error: &Error) -> bool {
    const REFUSED: [io::ErrorKind; 6] = [
        io::ErrorKind::ConnectionRefused,
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::HostUnreachable,
        io::ErrorKind::NetworkUnreachable,
        io::ErrorKind::TimedOut,
        io::ErrorKind::ReadOnlyFilesystem,
    ];
    match error {
        Error::Io(error) => REFUSED.contains(&error.kind()),
        // Too many connections; starting up.
        Error::Database(error) => matches!(error.code().as_deref(), Some("53300" | "57P03")),
        _ => false,
    }
}

/// Fails when the server does not respond within `most`.
pub(super) async fn answered<T>(
    most: Duration,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    timeout(most, call).await.unwrap_or_else(|_| Err(silent()))
}

pub(super) fn silent() -> Error {
    io::Error::new(io::ErrorKind::TimedOut, "the database does not respond").into()
}

fn read_only() -> Error {
    let problem = "no server of the address accepts writes";
    io::Error::new(io::ErrorKind::ReadOnlyFilesystem, problem).into()
}
