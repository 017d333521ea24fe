//! segment-export moves the members of Customer Insights segments into Campaign Monitor lists,
//! and reports the outcome of every single profile.
//!
//! The folders follow the product: what an administrator and a contributor set up
//! (`connections`, `segments`, `exports`), what happens then (`runs`, executed by `worker`),
//! and the infrastructure below. `docs/ARCHITECTURE.md` draws how they depend on each other.

mod api;
pub mod app;
pub mod commands;
pub mod config;

// The nouns of the API: types, rules and SQL. Their endpoints are in `api`.
mod alerts;
pub mod audit;
pub mod baselines;
mod channels;
pub mod connections;
mod erasures;
mod expectations;
pub mod exports;
mod feedback;
mod overview;
mod pauses;
mod people;
mod processes;
mod receipts;
mod refreshes;
mod row_logs;
pub mod runs;
pub mod schedules;
mod segments;
mod tickets;
mod verifications;

// The data plane: what a run does.
mod campaign_monitor;
mod queue;
mod records;
pub mod storage;
pub mod worker;

// Plumbing.
mod backoff;
pub mod db;
mod ed25519;
pub mod http;
pub mod identity;
mod life;
pub mod names;
mod outbound;
pub mod params;
pub mod secrets;
pub mod server;
pub mod service;
mod slots;
mod steps;
pub mod telemetry;
pub mod upkeep;
mod wire;

// Ways to see it work without an account.
pub mod demo;
pub mod sample;
pub mod sandbox;
