//! What the offline Campaign Monitor promises, seen over HTTP.

mod faults;
mod imports;
mod shapes;
mod support;
