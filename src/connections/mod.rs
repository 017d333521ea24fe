//! A connection is a Campaign Monitor account that exports may write to.
//!
//! Administrators decide where data may go; contributors decide what and how often. A connection
//! holds two identities: one at Campaign Monitor, and the export user that scheduled runs act as.

mod connection;
mod consent_text;
mod credential;
mod current;
mod refusal;
mod renewal;
pub(crate) mod session;
pub(crate) mod store;
pub mod store_marks;
pub mod store_oauth;
pub mod store_seals;
mod unusable;
mod view;

pub(crate) use connection::{AllowedRoles, Connection, ConnectionStatus, ConnectionType};
pub use consent_text::CONSENT_VERSION;
pub(crate) use consent_text::{ConsentLang, ConsentText};
pub(crate) use credential::{ApiKey, SealedCredential};
pub(crate) use renewal::start_counting;
pub(crate) use unusable::Unusable;
pub(crate) use view::ConnectionView;
