//! Calls about refreshes: handlers and their wire forms.

pub mod handlers;
