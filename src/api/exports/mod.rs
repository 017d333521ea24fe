//! Calls about exports: handlers and their wire forms.

pub mod attach;
pub mod check;
pub mod dependants;
mod field_errors;
pub mod find;
mod formats;
pub mod handlers;
pub mod of_connection;
pub mod of_segment;
pub mod patch;
pub mod preview;
mod preview_consents;
mod preview_count;
mod preview_problems;
mod preview_proposals;
mod preview_views;
pub mod ready;
pub mod runs;
pub mod saving;
pub mod schedules;
pub mod show;
mod test_member;
pub mod test_record;
pub mod views;
