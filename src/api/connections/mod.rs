//! Calls about connections: handlers and their wire forms.

pub mod account;
pub mod callback;
pub mod consent;
pub mod export_user;
pub mod find;
pub mod handlers;
pub mod lists;
pub mod new_field;
pub mod new_list;
pub mod sign_in;
pub mod verify;
pub mod views;
