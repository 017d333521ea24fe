//! The protocol of runs, proven as far as a machine can within bounds: every state of a small world is explored, and
//! larger ones are simulated with faults, seed by seed. What decides is the code of the service itself, in `src/steps`.

mod actions;
mod apply;
mod ending;
mod leavers;
mod model;
mod properties;
mod random;
mod report;
mod sabotage;
mod scope;
mod scopes;
mod simulator;
#[cfg_attr(not(test), expect(dead_code, reason = "the service uses more of it"))]
#[path = "../../../src/steps/mod.rs"]
mod steps;
mod store;
mod transfer;
mod worker;
mod world;

use std::process::ExitCode;

fn main() -> ExitCode {
    report::run(&std::env::args().skip(1).collect::<Vec<_>>())
}
