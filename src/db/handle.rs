//! The two handles that statements run on: one that reads, one that writes. A function that writes takes the second, so
//! the wrong one does not compile.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use super::chain::link::Entry;
use super::postgres::PostgresSession;
use super::sqlite::SqliteSession;
use crate::secrets::Keys;

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
pub struct WriteHandle {
    pub(super) session: ReadHandle,
    pub(super) chain: Chain,
    /// For the chain, when this commits.
    pub(super) entries: Vec<Entry>,
}

/// How a database adds to its chain.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    /// They mark links; a database that is opened without them adds none.
    pub(super) keys: Option<Keys>,
    /// The newest link that this process has added.
    pub(super) known: Arc<AtomicI64>,
}

impl Deref for WriteHandle {
    type Target = ReadHandle;

    fn deref(&self) -> &ReadHandle {
        &self.session
    }
}

impl DerefMut for WriteHandle {
    fn deref_mut(&mut self) -> &mut ReadHandle {
        &mut self.session
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
    pub(super) const fn new(session: ReadHandle, chain: Chain) -> Self {
        Self { session, chain, entries: Vec::new() }
    }

    /// Adds to the chain when this commits: the end of the chain is locked then, and nothing is waited for afterwards,
    /// so that no two transactions wait for each other.
    pub(crate) fn link(&mut self, entry: Entry) {
        self.entries.push(entry);
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
