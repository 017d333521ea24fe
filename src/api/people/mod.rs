//! Calls about people: handlers and their wire forms.

pub mod feedback;
mod live;
pub mod readmissions;
pub mod search;
mod views;
