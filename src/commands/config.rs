//! `config`: looks at settings without starting anything, or writes what an instance has.

use clap::Subcommand;

use super::apply::{self, Target};
use super::variables;
use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum Order {
    /// Names everything that keeps the settings from working. Ends with 0 when there is nothing.
    Check(Box<Config>),
    /// Prints a file that says what an instance has, for `apply`. It has no secrets.
    Export(Target),
}

/// `wrong` says which values could not be read; `config` has the defaults of those settings.
pub(super) async fn run(
    order: Order,
    wrong: Vec<String>,
    program: clap::Command,
) -> anyhow::Result<()> {
    match order {
        Order::Check(config) => check(*config, wrong, program),
        Order::Export(target) => apply::export(target).await,
    }
}

fn check(config: Config, wrong: Vec<String>, program: clap::Command) -> anyhow::Result<()> {
    let mistyped = variables::refuse_mistyped(program).err().map(|error| error.to_string());
    let problems: Vec<_> = wrong.into_iter().chain(config.problems()).chain(mistyped).collect();
    for problem in &problems {
        println!("{problem}");
    }
    anyhow::ensure!(problems.is_empty(), "the service would not start with these settings");
    println!("the settings can work; whether what they name can be reached shows at the start");
    Ok(())
}
