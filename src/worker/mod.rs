//! Executes runs.
//!
//! `pool` waits for hints and gives each run a slot; `execute` is the life of a run at this worker: `claim`, `prepare`,
//! `plan`, `transfer`, `leavers`, `verify`, `settle`. Which one follows, `steps` decides (`attempt.rs` asks it).
//! Around each of them `heartbeat` renews the lease and watches for a cancel and a stop. A run is owned by a lease in
//! the database: a worker that has lost it stops at once.

mod account;
mod acknowledged;
mod address_changes;
mod apart;
mod attempt;
mod came_back;
mod checkpoint;
mod claim;
mod emptied;
mod ending;
mod erasing;
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
mod lost_removal;
mod members;
mod origins;
mod own_wish;
mod plan;
mod pool;
pub mod prepare;
mod read_back;
mod recall;
mod recover;
mod removed_field;
mod requests;
mod returning;
mod row_log;
mod row_log_leavers;
mod settle;
mod staying_away;
pub mod stopped;
mod transfer;
mod unchanged;
mod upload;
mod uploaded;
mod verify;
mod waiting;

pub use erasing::run as erase_until_stopped;
pub use pool::Worker;
