//! Erases people: a worker claims an erasure, searches every place, removes what it finds, and searches once more.
//!
//! Every step may be repeated: what is removed is counted in the transaction that removes it, and nobody is found
//! twice. So a worker that dies leaves the rest to another one. What is in the way, such as a run that has not ended,
//! is named, and the erasure is due again later. Each place is read once for all people of a request.

mod accounts;
mod answers;
mod baselines;
mod calls;
mod differences;
mod execute;
mod feedback;
mod job;
mod lease;
mod lists;
mod objects;
mod part;
mod reached;
mod readmissions;
mod requests;
mod resolve;
mod rows;
mod swept;
mod uploads;

pub use part::run;
