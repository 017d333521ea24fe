//! A run is one execution of an export. `docs/RUNS.md` draws its life.

mod batch;
mod counts;
mod counts_view;
mod field_warnings;
mod full_because;
pub(crate) mod held;
mod lease;
mod leaver_outcome;
pub(crate) mod makers;
pub(crate) mod measure;
mod newer_upload;
pub(crate) mod progress;
pub mod reader;
mod reason;
mod request;
pub mod retention;
mod run;
mod run_plan;
pub mod start;
pub mod started;
mod status;
pub(crate) mod stopwatch;
pub mod store;
pub(crate) mod store_batches;
pub(crate) mod store_forget;
pub(crate) mod store_leavers;
pub(crate) mod store_marks;
pub(crate) mod store_paused;
pub(crate) mod store_plans;
pub(crate) mod store_requests;
mod store_retention;
pub(crate) mod store_sent;
pub mod store_waiting;
pub mod store_work;
mod timeline;
mod value_problem;

pub(crate) use batch::{
    BatchResult, BatchStatus, BatchSums, BatchTimes, Rejection, RejectionOutcome, Winner,
};
pub use counts::Counts;
pub use counts_view::{CountsView, LeaversView};
pub(crate) use field_warnings::FieldWarning;
pub use field_warnings::FieldWarnings;
pub use full_because::FullBecause;
pub use lease::{Lease, LeaseLost, Outcome};
pub use leaver_outcome::LeaverOutcome;
pub use newer_upload::newer_upload;
pub use reason::{Reason, ReasonCode};
pub use request::RequestSums;
pub(crate) use request::RunRequest;
pub use run::Run;
pub(crate) use run::{DetailState, RunSegment, SubmissionKind, Warnings};
pub use run_plan::{
    BrakeRule, ComparedWith, LeaverCallCounts, LeaverCounts, ReachedLimit, RunPlan,
};
pub use status::RunStatus;
pub(crate) use timeline::RunPhase;
pub use timeline::Timeline;
pub(crate) use value_problem::{VALUE_PROBLEMS_MAX, ValueProblem, value_params};
