//! Calls about an instance as a whole: handlers and their wire forms.

pub mod handlers;
mod retained;
mod retained_elsewhere;
pub mod retention;
mod retention_item;
pub mod views;
