//! Objects that this service writes for itself: columns of numbers and texts, each with checksums.
//!
//! They are Parquet, so that every tool can read them. The Parquet library verifies checksums of pages, but has none.
//! So the checksums of the columns of each row group are kept in the footer, over the values as they were written: a
//! byte that changed on a disk is noticed before a value is used.

mod checksum;
mod filter;
mod object;
mod reader;
mod sweep;
#[cfg(test)]
mod tests;
mod writer;

pub use object::OwnObject;
pub(crate) use object::manifest_of;
pub(crate) use reader::{OwnBatches, OwnReader};
pub(crate) use writer::{OwnFile, OwnWriter};
