//! Paused instances: nothing is sent for them from the next call to Campaign Monitor on, until they are resumed.

mod pause;
pub mod store;

pub use pause::Pause;
