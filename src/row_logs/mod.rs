//! Row logs: the outcome of each profile of a run, as Parquet files in a folder of the customer, and a manifest that
//! says which files count. `docs/ROW-LOG.md` is the promise.
//!
//! A file is put into the folder before its batch is written, and named in the transaction that writes the batch. So a
//! process that dies in between leaves a file that nobody names, and the next one writes another: who reads the files
//! that the manifest names has each row once.

mod address_hash;
mod file;
mod finish;
mod folders;
mod manifest;
mod row;
pub mod store;

pub use address_hash::AddressHasher;
pub use file::{Stamp, encode};
pub use finish::{finish, finish_ended};
pub use folders::OutgoingFolders;
pub use row::{LoggedRow, RowOutcome, outcomes};
