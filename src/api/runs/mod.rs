//! Calls about runs: handlers and their wire forms.

pub mod approval;
pub mod cancel;
pub mod events;
pub mod find;
pub mod handlers;
pub mod rejections;
pub mod value_problems;
pub mod views;
