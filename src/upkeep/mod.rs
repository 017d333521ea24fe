//! Upkeep: what happens by the clock, apart from runs: planned times, alerts and their messages, retention, the
//! keys that seal secrets, and whether all of this is done.

mod even_clock;
pub mod feedback_files;
pub mod fingerprints;
pub mod heartbeat;
pub mod janitor;
pub mod manifests;
pub mod notifier;
pub mod presence;
mod repeat;
pub mod replan;
pub mod rotation;
mod rotation_erasures;
pub mod scheduler;
mod store_fingerprints;
