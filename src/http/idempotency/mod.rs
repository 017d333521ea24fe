//! `Idempotency-Key`: a creating call that is repeated creates nothing, and gets the answer of the first one.

mod answer;
mod call;
pub mod store;

pub use answer::Answer;
pub use call::{IdempotencyKey, Idempotent};
