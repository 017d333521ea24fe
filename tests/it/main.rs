//! The service as its users meet it: real HTTP, real worker, the offline Campaign Monitor.

mod api;
mod openapi;
mod runs;
mod support;
