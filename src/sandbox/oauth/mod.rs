//! Signing in by OAuth, in two steps: the person allows access, the application gets tokens.

mod authorize;
mod token;

pub use authorize::{authorize, decide};
pub use token::token;
