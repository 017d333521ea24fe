//! Calls about channels and their messages: handlers and their wire forms.

pub mod deliveries;
mod find;
pub mod handlers;
mod making;
pub mod secret;
pub mod test;
pub mod unsubscribe;
pub mod update;
mod views;
