//! Verifies a run: whether the list has what was sent. It reads, and changes nothing on the list.
//!
//! The phase of a run and the verifications that callers ask for do the same: `open` gathers what is needed, `check`
//! compares at a level, and the result is written under the lease of the verification. A verification that fails never
//! changes the status of its run.

mod check;
pub mod counts;
mod failure;
mod full;
mod known;
mod lease;
mod members;
mod moved;
mod on_demand;
mod open;
mod pages;
mod phase;
mod reader;
mod sample;
mod subject;
mod unmet;

pub use failure::Failure;
pub use on_demand::{due, execute};
pub use phase::verify;
pub use reader::Reader;
pub use subject::Subject;
