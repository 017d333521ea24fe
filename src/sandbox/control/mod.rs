//! Commands to the sandbox itself, under `/sandbox/`.

mod body;
mod commands;
mod subscribers;

pub use commands::answer;
