//! The endpoints of API v3.3, for callers with valid credentials.

mod account;
mod clients;
mod custom_fields;
mod import;
mod lists;
mod pages;
mod router;
mod subscribers;
mod webhooks;

pub use router::answer;
