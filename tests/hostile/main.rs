//! What comes in cannot hurt anyone: `make hostile`.
//!
//! A process of the service gets files that are made to fill memory, the stack, the disk or time (`shapes.rs`), and
//! real files with a few bytes changed (`mutated.rs`): as an upload, whose members are read again, as a file in
//! external storage, and as the members of a run. At last the worst of them come at once, in every slot. All the time
//! the process is inside a limit of memory. It must refuse or accept each one and live.

mod busy;
#[path = "../cluster/mod.rs"]
#[expect(dead_code, reason = "the programs that share it use some of it each")]
mod cluster;
mod limit;
mod mutated;
mod report;
mod runs;
mod shapes;
mod target;

use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Parser;

use limit::Limit;
use report::Report;
use shapes::Shape;
use target::Target;

const MIB: u64 = 1 << 20;
/// Of so many changed files that are read well one is sent too.
const MUTATED_OF_A_RUN: usize = 50;

/// How much is tried, and what is allowed.
#[derive(Parser)]
struct Plan {
    /// Real files with some bytes changed.
    #[arg(long, default_value_t = 2000)]
    mutated: usize,
    /// The same seed changes the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The most memory above idle that one file may take, in MiB.
    #[arg(long, default_value_t = 128)]
    memory_mib: u64,
    /// The most memory above idle that the process may take, in MiB: beyond it the system kills it.
    #[arg(long, default_value_t = 256)]
    limit_mib: u64,
    /// Only shapes whose names contain this.
    #[arg(long, default_value = "")]
    only: String,
    /// Of these, one of so many.
    #[arg(long, default_value_t = 1)]
    every: usize,
    /// So many of the worst come all at once.
    #[arg(long, default_value_t = 8)]
    busy: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let (plan, started) = (Plan::parse(), Instant::now());
    let mut target = Target::start().await?;
    let idle = target.process.memory("VmRSS")?;
    let _limit = Limit::hold(target.process.id()?, idle + plan.limit_mib * MIB);
    let mut report = Report::new(idle);
    let chosen = shapes::all().into_iter().filter(|shape| shape.name.contains(&plan.only));
    let shapes: Vec<Shape> = chosen.step_by(plan.every).collect();
    for shape in &shapes {
        if target.attack(&shape.name, shape.kind, (shape.body)(), &mut report).await? {
            target.attack_by_run(&shape.name, &mut report).await?;
        }
    }
    println!("{} shapes after {} s", shapes.len(), started.elapsed().as_secs());
    for (number, (name, kind, body)) in mutated::files(plan.seed, plan.mutated).enumerate() {
        let is_registered = target.attack(&name, kind, body, &mut report).await?;
        if is_registered && number % MUTATED_OF_A_RUN == 0 {
            target.attack_by_run(&name, &mut report).await?;
        }
    }
    println!("{} changed files after {} s", plan.mutated, started.elapsed().as_secs());
    busy::attack(&mut target, &shapes, plan.busy, &mut report).await?;
    println!("{report}");
    ensure!(report.is_well(plan.memory_mib, plan.limit_mib), "see above");
    Ok(())
}
