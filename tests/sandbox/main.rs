//! The behaviour of the offline Campaign Monitor, over HTTP.

#![expect(clippy::unwrap_used, reason = "a test says by a panic that it failed")]

mod addresses;
mod faults;
mod imports;
mod leaving;
mod shapes;
mod support;
