//! Calls about runs: handlers and their wire forms.

pub mod events;
pub mod handlers;
pub mod rejections;
pub mod views;
