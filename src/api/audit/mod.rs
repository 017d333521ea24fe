//! Calls about audit: handlers and their wire forms.

pub mod handlers;
pub mod views;
