//! The two handles that statements run on: one that reads, one that writes. A function that writes takes the second, so
//! the wrong one does not compile.

use std::ops::{Deref, DerefMut};

use super::postgres::PostgresSession;
use super::sqlite::SqliteSession;

/// What statements that read run on.
#[derive(Debug)]
pub enum ReadHandle {
    /// On `SQLite`.
    Sqlite(SqliteSession),
    /// On `PostgreSQL`.
    Postgres(PostgresSession),
}

/// What statements that write run on: a transaction, which rolls back when it is dropped. It reads too.
///
/// ```
/// use segment_export::db::{ReadHandle, WriteHandle};
/// # async fn reads(_: &mut ReadHandle) {}
/// # async fn writes(_: &mut WriteHandle) {}
/// async fn both(write: &mut WriteHandle) {
///     reads(write).await;
///     writes(write).await;
/// }
/// ```
///
/// ```compile_fail
/// use segment_export::db::{ReadHandle, WriteHandle};
/// # async fn writes(_: &mut WriteHandle) {}
/// async fn wrong(read: &mut ReadHandle) {
///     writes(read).await;
/// }
/// ```
#[derive(Debug)]
pub struct WriteHandle(pub(super) ReadHandle);

impl Deref for WriteHandle {
    type Target = ReadHandle;

    fn deref(&self) -> &ReadHandle {
        &self.0
    }
}

impl DerefMut for WriteHandle {
    fn deref_mut(&mut self) -> &mut ReadHandle {
        &mut self.0
    }
}

impl ReadHandle {
    /// Itself: here a `WriteHandle` becomes the `ReadHandle` that it also is.
    #[must_use]
    pub const fn of(handle: &mut Self) -> &mut Self {
        handle
    }
}

impl WriteHandle {
    /// Makes everything done in this transaction lasting.
    pub async fn commit(self) -> sqlx::Result<()> {
        match self.0 {
            ReadHandle::Sqlite(session) => session.commit().await,
            ReadHandle::Postgres(session) => session.commit().await,
        }
    }
}

/// Runs one statement on whichever engine `$tx`, a `&mut ReadHandle` or a `&mut WriteHandle`, is open on. The SQL is
/// written once; each engine still gets its own statically typed bind and decode. The span tells where the statement
/// stands, not what it binds.
#[macro_export]
macro_rules! sql {
    ($tx:expr, |$connection:ident| $query:expr) => {
        match $crate::db::ReadHandle::of($tx) {
            $crate::db::ReadHandle::Sqlite(tx) => {
                let _span = $crate::db_span!(concat!("sql ", module_path!()), "sqlite");
                let $connection = &mut **tx;
                $query
            }
            $crate::db::ReadHandle::Postgres(tx) => {
                let _span = $crate::db_span!(concat!("sql ", module_path!()), "postgresql");
                let $connection = tx.bounded();
                $query
            }
        }
    };
}

/// The span of a call of the database, which lasts as long as the value.
#[macro_export]
macro_rules! db_span {
    ($name:expr, $engine:expr) => {
        ::tracing::debug_span!($name, otel.kind = "client", db.system.name = $engine)
    };
}
