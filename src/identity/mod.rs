//! Which caller a bearer token names, and whether the token is valid.
//!
//! Tokens are signed with RS256 or ES256 by the identity provider; its keys come from a JWKS, found by
//! `OpenID` discovery, cached, and fetched again when a token names an unknown key. The
//! algorithm always comes from the key, never from the token alone. HS256 with a shared secret
//! exists for development.

mod caller;
mod claimed;
mod dev_token;
mod keys;
mod kinds;
pub mod settings;
mod token_cache;
mod token_key;
mod verifier;

pub use caller::Role;
pub(crate) use caller::{Error, Identity, Instances};
pub(crate) use claimed::{claimed_expiry, claimed_subject};
pub use dev_token::{DEV_INSTANCE, DevClaims, sign};
pub(crate) use token_key::TokenKey;
pub(crate) use verifier::Verifier;
