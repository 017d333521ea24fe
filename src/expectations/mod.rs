//! Expected and actual: when an export was to run, and what came of it.
//!
//! The ledger has every planned time that has passed. The scheduler writes which run answers it; every process
//! notes what no scheduler has acted on.

pub mod ledger;
pub mod measure;
mod planned_time;
pub mod store;

pub use planned_time::{ExpectationStatus, MissedBecause, PlannedTime};
