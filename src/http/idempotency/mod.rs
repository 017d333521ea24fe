//! `Idempotency-Key`: a creating call that is sent again creates nothing, and answers what the first one answered.

mod answer;
mod call;
pub mod store;

pub use answer::Answer;
pub use call::{IdempotencyKey, Idempotent};
