//! The two handles that statements run on: one that reads, one that writes. A function that writes takes the second, so
//! the wrong one does not compile.

use std::ops::{Deref, DerefMut};

use super::postgres::PostgresSession;
use super::sqlite::SqliteSession;

/// What statements that read run on.
#[derive(Debug)]
pub enum ReadHandle {
    /// A session of `SQLite`.
    Sqlite(SqliteSession),
    /// A session of `PostgreSQL`.
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
    /// Turns a `&mut WriteHandle` into the `&mut ReadHandle` that it also is; `sql!` needs it.
    #[must_use]
    pub const fn of(handle: &mut Self) -> &mut Self {
        handle
    }
}

impl WriteHandle {
    /// Without it, nothing done in this transaction stays.
    pub async fn commit(self) -> sqlx::Result<()> {
        match self.0 {
            ReadHandle::Sqlite(session) => session.commit().await,
            ReadHandle::Postgres(session) => session.commit().await,
        }
    }
}

/// Runs one statement on whichever engine `$tx`, a `&mut ReadHandle` or a `&mut WriteHandle`, is open on. The SQL is
/// written once; each engine still gets its own statically typed bind and decode. The span names the module of
/// the statement, not what it binds.
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
