//! What a worker decides about its run, as pure functions: a state and an event in, the next state and what to do out.
//!
//! The worker does what they say with real effects. `tests/proof` compiles these same files without the rest of the
//! service, explores every order of events within bounds, and drives them through simulated faults (`docs/PROOF.md`).
//! So they import nothing but each other and the standard library: no clock, no database, no random number.

mod accounted;
mod baseline_move;
mod doubt;
mod leave;
mod phase;
mod transfer;

pub use accounted::{Accounted, has_row};
pub use baseline_move::{BaselineMove, RunEnd, baseline_marks, baseline_move};
pub use doubt::{LeftRun, is_in_doubt, is_retry, sent_until};
pub use leave::{ClaimObstacle, Leave, StopKind, leave, obstacle};
pub use phase::{Hold, Phase, PhaseEvent, RunEffect, hold};
pub use transfer::{BatchAnswer, BatchFate, TransferEnd, after_answer, transfer_end};
