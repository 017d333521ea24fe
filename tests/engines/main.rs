//! The service as several processes on PostgreSQL and Redis, and what happens when those go away.

#[path = "../cluster/mod.rs"]
mod cluster;
mod outages;
