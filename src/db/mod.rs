//! One database, two engines: SQLite by default, PostgreSQL in production.
//!
//! Every statement is written once, in a `store*.rs`, and runs on whichever engine the transaction
//! is open on; the engines differ only here.

mod address;
pub(crate) mod chain;
mod commit;
mod compact;
mod connections;
mod database;
mod errors;
mod file_lock;
mod handle;
mod limits;
mod migrations;
mod postgres;
mod same_file;
mod share;
mod span;
mod sqlite;
mod time;

pub use address::PostgresAddress;
pub use compact::Compaction;
pub use database::Db;
pub(crate) use errors::in_words;
pub use errors::{is_reference_violation, is_share_used_up, is_unavailable, is_unique_violation};
pub use file_lock::{FileLock, file_of};
pub use handle::{ReadHandle, WriteHandle};
pub use limits::{DatabaseLimits, PoolMode};
pub use postgres::PostgresSession;
pub use share::{Share, on_behalf_of};
pub use sqlite::SqliteSession;
pub use time::{Stamps, Time, id_at, now};
