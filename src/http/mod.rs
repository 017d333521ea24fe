//! The toolkit of handlers: who calls, problems, bodies, queries, paging, idempotency, `ETag`s. No routes and no nouns.

pub mod address;
pub mod auth;
pub mod body;
pub mod download;
pub mod errors;
pub mod idempotency;
mod json;
pub mod origin;
pub mod paging;
pub mod problem;
pub mod query;
pub mod retry;
pub mod schema;
