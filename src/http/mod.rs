//! The toolkit of handlers: who calls, problems, bodies, queries, paging, idempotency, `ETag`s. No routes and no nouns.

pub(crate) mod address;
pub(crate) mod auth;
pub(crate) mod body;
pub(crate) mod download;
pub mod errors;
pub(crate) mod idempotency;
mod json;
pub(crate) mod operator;
pub(crate) mod origin;
pub(crate) mod paging;
pub mod problem;
pub(crate) mod query;
pub(crate) mod rate;
pub(crate) mod retry;
pub(crate) mod schema;
mod shape;
mod words;
