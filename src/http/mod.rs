//! The toolkit of handlers: who calls, problems, bodies, queries, paging, idempotency, `ETag`s. No routes and no nouns.

pub mod again;
pub mod auth;
pub mod body;
pub mod errors;
pub mod idempotency;
mod json;
pub mod origin;
pub mod paging;
pub mod problem;
pub mod query;
pub mod schema;
pub mod whole;
