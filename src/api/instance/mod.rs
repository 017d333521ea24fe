//! Calls about an instance as a whole: handlers and their wire forms.

pub mod handlers;
pub mod views;
