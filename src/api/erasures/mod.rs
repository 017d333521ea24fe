//! Endpoints of erasures: people who are erased everywhere, and the proof of it.

pub mod handlers;
mod making;
pub mod receipt;
pub mod tombstones;
pub mod views;
