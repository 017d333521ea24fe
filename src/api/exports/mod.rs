//! Calls about exports: handlers and their wire forms.

pub mod attach;
pub mod check;
pub mod handlers;
pub mod preview;
pub mod runs;
pub mod saving;
pub mod views;
