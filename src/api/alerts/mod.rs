//! Calls about alerts and their rules: handlers and their wire forms.

pub mod export_rules;
pub mod handlers;
pub mod rules;
mod saving;
mod views;
