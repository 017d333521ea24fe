//! Verifications: whether a list has what a run sent.
//!
//! A verification has a row in the table `verifications`, and the people of whom it found something else have theirs.
//! What a run should have left behind is held in 16 bytes a member; what the list has is met against it, in any order.
//! This room compares, counts and stores; the worker reads.

mod bound;
mod counts;
mod difference;
mod expected;
pub mod store;
pub mod store_counts;
pub mod store_forget;
pub mod store_marks;
pub mod store_retention;
mod tally;
mod verification;

pub use bound::missing_at_most;
pub use counts::{CountFindings, ListCounts, StateCounts};
pub use difference::{DIFFERENCES_MAX, DifferenceKind, ListDifference};
pub use expected::{Expectation, Expected, ExpectedBuilder};
pub use tally::{Findings, Tally};
pub use verification::{
    ListVerification, PAGES_DEFAULT, PAGES_MAX, VerificationId, VerificationStatus,
};
