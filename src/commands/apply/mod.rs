//! `apply`: brings an instance to what a file says. It is a client of the API like any other, with the rights of its
//! token: it reads the file, reads what the instance has, compares both by name, and makes the calls that are missing.
//!
//! What the file does not name stays as it is. Nothing is ever removed.

mod channels;
mod connections;
mod current;
mod current_alerts;
mod execute;
mod execute_alerts;
mod exporting;
mod exports;
mod file;
mod file_alerts;
mod flaws;
mod harms;
mod plan;
mod planning;
mod rules;
mod schedule;
mod secret;
mod segments;
mod service;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use current::Current;
use plan::ApplyPlan;
use service::InstanceApi;

pub(super) use service::Target;

/// As `terraform plan -detailed-exitcode` has it.
const SOMETHING_TO_DO: u8 = 2;

#[derive(clap::Args)]
pub(super) struct Args {
    /// File that says what the instance is to have (YAML); `-` reads the standard input.
    #[arg(short, long)]
    file: PathBuf,
    /// Changes nothing: prints what would change as JSON, and ends with 2 if there is something, with 0 if not.
    #[arg(long)]
    plan: bool,
    #[command(flatten)]
    target: Target,
}

pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (name, text) = read(&args.file)?;
    let wanted = file::parse(&text).map_err(|flaw| flaws::error(&name, &[flaw]))?;
    let api = InstanceApi::new(args.target)?;
    let current = Current::read(&api, &wanted).await?;
    let plan = planning::plan(&wanted, &current).map_err(|flaws| flaws::error(&name, &flaws))?;
    println!("{}", serde_json::to_string_pretty(&plan)?);
    if args.plan {
        return Ok(if plan.is_empty() { ExitCode::SUCCESS } else { SOMETHING_TO_DO.into() });
    }
    warn(&plan);
    execute::execute(&api, plan, current).await?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a file that says what the instance has.
pub(super) async fn export(target: Target) -> anyhow::Result<()> {
    let api = InstanceApi::new(target)?;
    print!("{}", exporting::text(&api).await?);
    Ok(())
}

/// The file as errors name it, and what it says.
fn read(file: &Path) -> anyhow::Result<(String, String)> {
    if file == Path::new("-") {
        let text = std::io::read_to_string(std::io::stdin()).context("the standard input")?;
        return Ok(("standard input".into(), text));
    }
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    Ok((name, text))
}

/// Repeats what could harm people where it is seen, also when the plan goes to a file.
fn warn(plan: &ApplyPlan) {
    for change in plan.changes() {
        for harm in change.harms() {
            eprintln!("warning: {}: {harm}", change.title());
        }
    }
}
