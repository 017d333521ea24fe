//! The service as several processes on PostgreSQL and Redis: what happens when those go away, and what it tells of
//! itself.

#![expect(clippy::unwrap_used, reason = "a test says by a panic that it failed")]

mod append_only;
#[path = "../cluster/mod.rs"]
#[expect(dead_code, reason = "the programs that share it use some of it each")]
mod cluster;
mod doubt;
mod expected;
mod expiring;
mod failover;
mod outages;
mod pooler;
#[path = "../programs/mod.rs"]
mod programs;
mod prometheus;
mod proxy;
mod redis_servers;
mod refusing;
mod secured;
mod tables;
mod telemetry;
mod under_way;
mod upgrade;
mod watched;
