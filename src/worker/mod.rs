//! Executes runs.
//!
//! `pool` waits for hints and gives each run a slot; `execute` is the life of a run at this worker: `claim`, `prepare`,
//! `plan`, `transfer`, `leavers`, `verify`, `settle`, one after the other, each with what the one before returned.
//! Around each of them `heartbeat` renews the lease and watches for a cancel and a stop. A run is owned by a lease in
//! the database: a worker that has lost it stops at once.

mod account;
mod acknowledged;
mod address_changes;
mod apart;
mod came_back;
mod checkpoint;
mod claim;
mod emptied;
mod ending;
mod execute;
pub mod fairness;
mod flagging;
mod gate;
mod gone;
mod gone_as;
pub mod heartbeat;
mod interrupt;
pub mod job;
mod joined;
mod leaver_calls;
mod leaver_members;
mod leavers;
mod limiter;
mod lost;
mod members;
mod origins;
mod plan;
mod pool;
pub mod prepare;
mod read_back;
mod recall;
mod recover;
mod returning;
mod settle;
pub mod stopped;
mod transfer;
mod upload;
mod uploaded;
mod verify;
mod waiting;

pub use pool::Worker;
