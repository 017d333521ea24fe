//! Calls about segments: handlers and their wire forms.

pub mod handlers;
pub mod members;
pub mod views;
