//! What the offline Campaign Monitor promises, seen over HTTP.

mod imports;
mod support;
