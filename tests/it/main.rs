//! The service as its users meet it: real HTTP, real worker, the offline Campaign Monitor.

#![expect(clippy::unwrap_used, reason = "a test says by a panic that it failed")]

mod access;
mod api;
mod audit;
mod exports;
mod fairness;
mod following;
mod identity;
mod keys;
mod leftovers;
mod life;
mod limits;
mod oauth;
mod openapi;
mod outside;
mod outside_lake;
mod permissions;
mod preview;
#[path = "../programs/mod.rs"]
mod programs;
mod retention;
mod runs;
mod schedules;
mod seed;
mod segments;
mod stores;
mod support;
mod uploads;
