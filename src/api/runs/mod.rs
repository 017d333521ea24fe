//! Calls about runs: handlers and their wire forms.

pub mod approval;
pub mod cancel;
mod details;
pub mod differences;
pub mod event_ticket;
pub mod events;
pub mod find;
mod follower;
pub mod handlers;
pub mod receipt;
mod receipt_page;
pub mod rejections;
pub mod requests;
pub mod timeline;
pub mod value_problems;
pub mod verifications;
pub mod views;
