//! Campaign Monitor: for now its offline twin.

pub mod sandbox;
