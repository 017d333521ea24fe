//! Calls about segments: handlers and their wire forms.

pub mod find;
pub mod handlers;
mod incoming;
pub mod members;
pub mod unreadable;
pub mod views;
