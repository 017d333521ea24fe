//! A run is one execution of an export. `docs/RUNS.md` draws its life.

mod batch;
mod counts;
mod lease;
pub(crate) mod measure;
pub(crate) mod progress;
pub mod reader;
mod reason;
pub mod retention;
mod run;
pub mod start;
pub mod started;
mod status;
pub mod store;
pub(crate) mod store_batches;
mod store_retention;
pub mod store_work;

pub(crate) use batch::{BatchResult, BatchStatus, Rejection, RejectionOutcome};
pub(crate) use counts::FieldWarning;
pub use counts::{Counts, FieldWarnings};
pub use lease::{Lease, LeaseLost, Outcome};
pub use reason::{Reason, ReasonCode};
pub use run::Run;
pub(crate) use run::{DetailState, RunSegment, SubmissionKind, Warnings};
pub use status::RunStatus;
