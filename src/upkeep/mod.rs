//! Upkeep: what happens by the clock, apart from runs: planned times, alerts and their messages, retention, and the
//! keys that seal secrets.

mod even_clock;
pub mod fingerprints;
pub mod janitor;
pub mod notifier;
pub mod replan;
pub mod rotation;
pub mod scheduler;
mod store_fingerprints;
