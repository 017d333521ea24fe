//! What comes in cannot hurt anyone: `make hostile`.
//!
//! A process of the service gets files that are made to fill memory, the stack, the disk or time (`shapes.rs`), and
//! real files with a few bytes changed (`mutated.rs`): as an upload, whose members are read again, and as a file in
//! external storage. It must refuse or accept each one and live. Usage: `cargo test --release --test hostile --
//! --mutated 100000`.

#[path = "../cluster/mod.rs"]
#[expect(dead_code, reason = "the programs that share it use some of it each")]
mod cluster;
mod mutated;
mod report;
mod shapes;
mod target;

use anyhow::{Result, ensure};
use clap::Parser;

use report::Report;
use target::Target;

/// How much is tried, and what is allowed.
#[derive(Parser)]
struct Plan {
    /// Real files with some bytes changed.
    #[arg(long, default_value_t = 2000)]
    mutated: usize,
    /// The same seed changes the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The most memory above idle, in MiB.
    #[arg(long, default_value_t = 128)]
    memory_mib: u64,
    /// Only shapes whose names contain this.
    #[arg(long, default_value = "")]
    only: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let plan = Plan::parse();
    let mut target = Target::start().await?;
    let mut report = Report::new(target.memory("VmRSS")?);
    for shape in shapes::all() {
        if shape.name.contains(&plan.only) {
            target.attack(&shape.name, shape.kind, (shape.body)(), &mut report).await?;
        }
    }
    for (name, kind, body) in mutated::files(plan.seed, plan.mutated) {
        target.attack(&name, kind, body, &mut report).await?;
    }
    println!("{report}");
    ensure!(report.is_well(plan.memory_mib), "see above");
    Ok(())
}
