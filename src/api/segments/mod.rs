//! Calls about segments: handlers and their wire forms.

pub mod find;
pub mod handlers;
mod incoming;
pub mod inspecting;
pub mod members;
pub mod named;
mod reading;
pub mod saving;
pub mod unreadable;
pub mod upload;
pub mod views;
