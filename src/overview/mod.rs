//! What operators see: over all instances and runs, in numbers, codes and ids. Nothing of a person, no name that
//! somebody has given, no credential.

mod instance;
mod run;
pub mod store;
pub mod store_instances;
pub mod store_runs;
pub mod store_schema;

pub use instance::InstanceCounts;
pub use run::{ObservedRun, RunState};
