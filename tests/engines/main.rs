//! The service as several processes on PostgreSQL and Redis, and what happens when those go away.

#[path = "../cluster/mod.rs"]
#[expect(dead_code, reason = "the programs that share it use some of it each")]
mod cluster;
mod outages;
