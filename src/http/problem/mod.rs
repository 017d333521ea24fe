//! Errors as callers see them: RFC 9457 problem documents. Which problems there are: `kind.rs`.

mod answer;
mod document;
mod error;
mod field_code;
mod kind;
mod language;
mod latvian;

pub use document::{FieldError, Member, ProblemDocument};
pub use error::Problem;
pub(crate) use field_code::FIELD_CODES;
pub use kind::ProblemKind;
pub(crate) use language::ProblemLanguage;
