//! `PostgreSQL`: its connections, and how long we wait for it.
//!
//! The server ends statements that take too long. But a server that is paused, or a network that is cut, does not
//! respond at all, and a caller would wait for ever: so every wait has an end here, and a connection that does not
//! respond is closed, so that its slot in the pool is free again.

use std::io;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{
    PgConnectOptions, PgConnection, PgPoolOptions, PgQueryResult, PgRow, PgStatement, PgTypeInfo,
};
use sqlx::{Connection, Describe, Either, Execute, Executor, PgPool, Postgres, Result, SqlStr};
use tokio::time::timeout;

use super::limits::DatabaseLimits;
use super::share::{Share, SharePermit};
use crate::db_span;

/// How long a connection may be idle and still be used untested.
const UNTESTED_MAX: Duration = Duration::from_secs(1);

/// Opens a pool of connections.
pub(super) async fn connect(url: &str, limits: DatabaseLimits) -> Result<PgPool> {
    let milliseconds = |time: Duration| time.as_millis().to_string();
    let options = url.parse::<PgConnectOptions>()?.application_name("segment-export").options([
        ("statement_timeout", milliseconds(limits.statement)),
        ("lock_timeout", milliseconds(limits.wait)),
        // A process that is paused or cut off within a transaction would block its run for all others.
        ("idle_in_transaction_session_timeout", milliseconds(limits.wait)),
    ]);
    let pool = PgPoolOptions::new()
        .max_connections(limits.connections)
        .acquire_timeout(limits.wait)
        .test_before_acquire(false)
        .before_acquire(move |connection, about| {
            Box::pin(test(connection, about.idle_for, limits.wait / 2))
        })
        .connect_with(options.clone())
        .await;
    match pool {
        // The pool keeps trying, and does not report why it fails.
        Err(sqlx::Error::PoolTimedOut) => {
            answered(limits.wait, PgConnection::connect_with(&options)).await?;
            Err(sqlx::Error::PoolTimedOut)
        }
        opened => opened,
    }
}

/// Tests a connection that was idle for a while. Testing it each time would cost a round trip.
/// One that does not respond is replaced, for which some of the time to wait must be left.
async fn test(connection: &mut PgConnection, idle_for: Duration, most: Duration) -> Result<bool> {
    if idle_for > UNTESTED_MAX { answered(most, may_write(connection)).await } else { Ok(true) }
}

/// Whether this connection may write. One that was opened on a standby, or while the server was read-only, stays
/// read-only.
async fn may_write(connection: &mut PgConnection) -> Result<bool> {
    let is_read_only: String =
        sqlx::query_scalar("SHOW transaction_read_only").fetch_one(connection).await?;
    Ok(is_read_only == "off")
}

/// Fails when the server does not respond within `most`.
async fn answered<T>(most: Duration, call: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(most, call).await.unwrap_or_else(|_| Err(silent()))
}

fn silent() -> sqlx::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the database does not respond").into()
}

/// A connection in use: to read, or with a transaction, which rolls back when it is dropped.
#[derive(Debug)]
pub struct PostgresSession {
    /// There until it is dropped.
    connection: Option<PoolConnection<Postgres>>,
    is_writing: bool,
    limits: DatabaseLimits,
    _permit: SharePermit,
}

impl PostgresSession {
    pub(super) async fn read(pool: &PgPool, limits: DatabaseLimits, share: &Share) -> Result<Self> {
        let permit = share.enter().await?;
        let connection = Some(pool.acquire().await?);
        Ok(Self { connection, is_writing: false, limits, _permit: permit })
    }

    pub(super) async fn write(
        pool: &PgPool,
        limits: DatabaseLimits,
        share: &Share,
    ) -> Result<Self> {
        let mut session = Self::read(pool, limits, share).await?;
        session.is_writing = true;
        session.bounded().execute("BEGIN").await?;
        Ok(session)
    }

    pub(super) async fn commit(mut self) -> Result<()> {
        if self.is_writing {
            let _span = db_span!("commit", "postgresql");
            self.bounded().execute("COMMIT").await?;
            self.is_writing = false;
        }
        Ok(())
    }

    /// What statements run on.
    ///
    /// # Panics
    /// Never: the connection is there until this is dropped.
    pub fn bounded(&mut self) -> Bounded<'_> {
        let connection = self.connection.as_mut().expect("it is there until this is dropped");
        Bounded { connection, most: self.limits.statement + self.limits.wait }
    }
}

impl Drop for PostgresSession {
    fn drop(&mut self) {
        let most = self.limits.wait;
        match self.connection.take() {
            Some(connection) if self.is_writing => drop(tokio::spawn(roll_back(connection, most))),
            Some(mut connection) => drop(tokio::spawn(timeout(most, connection.return_to_pool()))),
            None => {}
        }
    }
}

/// Rolls back what has not been committed, and puts the connection back if more can be written on it.
async fn roll_back(mut connection: PoolConnection<Postgres>, most: Duration) {
    let undone = async {
        connection.execute("ROLLBACK").await?;
        may_write(&mut connection).await
    };
    if answered(most, undone).await.unwrap_or_default() {
        // Without a time-out it could wait for ever.
        let _ = timeout(most, connection.return_to_pool()).await;
    } else {
        connection.close_on_drop();
    }
}

/// Runs a statement, and fails when the server does not respond for too long.
#[derive(Debug)]
pub struct Bounded<'c> {
    connection: &'c mut PgConnection,
    most: Duration,
}

impl<'c> Executor<'c> for Bounded<'c> {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let steps = tokio_stream::StreamExt::timeout(self.connection.fetch_many(query), self.most);
        steps.map(|step| step.unwrap_or_else(|_| Err(silent()))).boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(answered(self.most, self.connection.fetch_optional(query)))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement>>
    where
        'c: 'e,
    {
        Box::pin(answered(self.most, self.connection.prepare_with(sql, parameters)))
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>>>
    where
        'c: 'e,
    {
        Box::pin(answered(self.most, self.connection.describe(sql)))
    }
}
