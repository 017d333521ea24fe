//! The chain: links that are added in the transaction whose rows they prove, each with a hash over itself and the one
//! before. A row that is changed, missing or inserted later does not fit its link, and no link fits another's place.
//!
//! Rows are added to it by `WriteHandle::link`; the links are written when the transaction commits. Each hash is marked
//! with the newest encryption key, so that who can write to the database and has no key cannot make a chain that fits.

pub mod link;
pub(crate) mod proof;
pub mod store;
