//! The service as its users meet it: real HTTP, real worker, the offline Campaign Monitor.

#![expect(clippy::unwrap_used, reason = "a test says by a panic that it failed")]

mod access;
mod agency;
mod api;
mod audit;
mod bodies;
mod codes;
mod conventions;
mod doors;
mod endings;
mod events;
mod examples;
mod exports;
mod fairness;
mod following;
mod full_disk;
mod identity;
mod keys;
mod life;
mod limits;
mod migrations;
mod oauth;
mod on_the_way;
mod openapi;
mod orphans;
mod outside;
mod outside_lake;
mod permissions;
mod preview;
mod production;
#[path = "../programs/mod.rs"]
mod programs;
mod queries;
mod queue;
mod rates;
mod refusals;
mod repeats;
mod retention;
mod runs;
mod samples;
mod schedules;
mod seed;
mod segments;
mod settings;
mod slow_calls;
mod stopping;
mod storage;
mod stores;
mod subscribers;
mod support;
mod throttling;
mod tidy;
mod uploads;
mod worker;
mod writes;
