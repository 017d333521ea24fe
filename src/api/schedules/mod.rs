//! Calls about schedules: handlers and their wire forms.

pub mod check;
pub mod handlers;
pub mod views;
