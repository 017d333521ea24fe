//! Errors as callers see them: RFC 9457 problem documents. Which problems there are: `kind.rs`.

mod answer;
mod document;
mod error;
mod kind;

pub use document::{FieldError, Member, ProblemDocument};
pub use error::Problem;
pub use kind::ProblemKind;
