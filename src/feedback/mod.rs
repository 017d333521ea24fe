//! What lists give back: people of an export who left a list by their own wish, or to whom mail cannot be delivered, as
//! Campaign Monitor's lists by state have them.

mod clock;
mod departed;
mod failure;
mod fairness;
mod file;
mod files;
mod parts;
mod read;
mod readmission;
mod readmitted;
pub mod store;
pub mod store_files;
mod told;
mod writer;

pub use clock::AccountClock;
pub use departed::{Departed, DepartedState};
pub use fairness::slots;
pub use files::begin_due;
pub use read::{FeedbackError, Window, read};
pub use readmission::{Readmission, ReadmissionId};
pub use readmitted::readmitted;
