//! The Helm chart without a cluster: rendered by the real `helm`, and checked against the schemas and the security
//! standard of Kubernetes, and against the program itself.

#![expect(clippy::unwrap_used, reason = "a test says by a panic that it failed")]

mod apply;
mod bucket;
#[path = "../cluster/mod.rs"]
#[expect(dead_code, reason = "the programs that share it use some of it each")]
mod cluster;
mod image;
mod manifests;
mod monitoring;
mod network;
mod operations;
mod placement;
mod program;
#[path = "../programs/mod.rs"]
mod programs;
mod refusals;
mod replicas;
mod storage;
mod table;
mod tools;
