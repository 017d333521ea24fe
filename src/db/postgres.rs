//! `PostgreSQL`: sessions, and how long we wait for it.
//!
//! The server ends statements that take too long. But a server that is paused, or a network that is cut, does not
//! respond at all, and a caller would wait for ever: so every wait has an end here, and a connection that does not
//! respond is closed, so that its slot in the pool is free again.

use std::io;
use std::time::Duration;

use deadpool::managed::Object;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use sqlx::error::BoxDynError;
use sqlx::postgres::{
    PgArguments, PgConnection, PgQueryResult, PgRow, PgStatement, PgTypeInfo, Postgres,
};
use sqlx::{AssertSqlSafe, Describe, Either, Error, Execute, Executor, Result, SqlStr};

use super::connections::{PgPool, Pooled, acquire, answered, may_write, put_back, silent};
use super::limits::{DatabaseLimits, PoolMode};
use super::share::{Share, SharePermit};
use crate::db_span;

/// A connection in use: to read, or with a transaction, which rolls back when it is dropped.
#[derive(Debug)]
pub struct PostgresSession {
    /// There until it is dropped.
    connection: Option<Pooled>,
    is_writing: bool,
    is_in_transaction: bool,
    limits: DatabaseLimits,
    _permit: SharePermit,
}

impl PostgresSession {
    pub(super) async fn read(pool: &PgPool, share: &Share) -> Result<Self> {
        let mut session = Self::open(pool, share).await?;
        if let Some(begin) = session.limits.before_reads() {
            session.begin(begin).await?;
        }
        Ok(session)
    }

    pub(super) async fn write(pool: &PgPool, share: &Share) -> Result<Self> {
        let mut session = Self::open(pool, share).await?;
        session.is_writing = true;
        let begin = session.limits.before_writes();
        session.begin(begin).await?;
        Ok(session)
    }

    async fn open(pool: &PgPool, share: &Share) -> Result<Self> {
        let permit = share.enter().await?;
        Ok(Self {
            connection: Some(acquire(pool).await?),
            is_writing: false,
            is_in_transaction: false,
            limits: pool.manager().limits(),
            _permit: permit,
        })
    }

    async fn begin(&mut self, begin: String) -> Result<()> {
        self.is_in_transaction = true;
        self.bounded().execute(AssertSqlSafe(begin)).await?;
        Ok(())
    }

    pub(super) async fn commit(mut self) -> Result<()> {
        if self.is_writing {
            let _span = db_span!("commit", "postgresql");
            self.bounded().execute("COMMIT").await?;
            self.is_in_transaction = false;
        }
        Ok(())
    }

    /// What statements run on.
    ///
    /// # Panics
    /// Never: the connection is there until this is dropped.
    pub fn bounded(&mut self) -> Bounded<'_> {
        let pooled = self.connection.as_mut().expect("it is there until this is dropped");
        Bounded {
            connection: &mut pooled.connection,
            most: self.limits.statement + self.limits.wait,
            pool_mode: self.limits.pool_mode,
        }
    }
}

impl Drop for PostgresSession {
    fn drop(&mut self) {
        let most = self.limits.wait;
        match self.connection.take() {
            Some(pooled) if self.is_in_transaction => {
                drop(tokio::spawn(roll_back(pooled, self.is_writing, most)));
            }
            Some(pooled) => drop(tokio::spawn(put_back(pooled, most))),
            None => {}
        }
    }
}

/// Ends what has not been committed, and puts the connection back; one that wrote, only if more can be written on it.
async fn roll_back(mut pooled: Pooled, was_writing: bool, most: Duration) {
    let undone = async {
        pooled.connection.execute("ROLLBACK").await?;
        Ok(!was_writing || may_write(&mut pooled.connection).await?)
    };
    let undone = answered(most, undone).await;
    if matches!(undone, Ok(true)) {
        return;
    }
    // The server may be slow with one statement only.
    let is_slow =
        matches!(&undone, Err(Error::Io(error)) if error.kind() == io::ErrorKind::TimedOut);
    if let Some(pool) = Object::pool(&pooled).filter(|_| !is_slow) {
        pool.manager().distrust(&pooled);
    }
    drop(Object::take(pooled));
}

/// Runs a statement, and fails when the server does not respond for too long.
#[derive(Debug)]
pub struct Bounded<'c> {
    connection: &'c mut PgConnection,
    most: Duration,
    pool_mode: PoolMode,
}

/// A statement as a pooler can take it: in transaction mode the server may know another one by its name already.
struct Statement<E> {
    query: E,
    may_have_name: bool,
}

impl<'q, E: Execute<'q, Postgres>> Execute<'q, Postgres> for Statement<E> {
    fn sql(self) -> SqlStr {
        self.query.sql()
    }

    fn statement(&self) -> Option<&PgStatement> {
        self.query.statement()
    }

    fn take_arguments(&mut self) -> Result<Option<PgArguments>, BoxDynError> {
        self.query.take_arguments()
    }

    fn persistent(&self) -> bool {
        self.may_have_name && self.query.persistent()
    }
}

impl Bounded<'_> {
    fn statement<E>(&self, query: E) -> Statement<E> {
        Statement { query, may_have_name: self.pool_mode == PoolMode::Session }
    }
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
        let query = self.statement(query);
        let steps = tokio_stream::StreamExt::timeout(self.connection.fetch_many(query), self.most);
        steps.map(|step| step.unwrap_or_else(|_| Err(silent()))).boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let query = self.statement(query);
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
