//! `config`: looks at settings without starting anything.

use clap::Subcommand;

use super::variables;
use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum Order {
    /// Names everything that keeps the settings from working. Ends with 0 when there is nothing.
    Check(Box<Config>),
}

/// `wrong` says which values could not be read; `config` has the defaults of those settings.
pub(super) fn run(order: Order, wrong: Vec<String>, program: clap::Command) -> anyhow::Result<()> {
    let Order::Check(config) = order;
    let mistyped = variables::refuse_mistyped(program).err().map(|error| error.to_string());
    let problems: Vec<_> = wrong.into_iter().chain(config.problems()).chain(mistyped).collect();
    for problem in &problems {
        println!("{problem}");
    }
    anyhow::ensure!(problems.is_empty(), "the service would not start with these settings");
    println!("the settings can work; whether what they name can be reached shows at the start");
    Ok(())
}
