//! Upkeep: what happens by the clock, apart from runs: planned times, retention, and the rotation of keys.

pub mod janitor;
pub mod rotation;
pub mod scheduler;
