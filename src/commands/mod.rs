//! The command line: a file for each command, with its arguments and what it does.

mod allocator;
mod apply;
mod audit;
mod config;
mod keys;
mod migrate;
mod openapi;
mod ready;
mod sample;
mod sandbox;
mod serve;
mod support_bundle;
mod token;
mod values;
mod variables;

use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{CommandFactory, Parser, Subcommand};
use rustix::fs::Mode;

use crate::config::{Config, warn_of_plain_traces};
use crate::demo;
use crate::schedules::zones;
use crate::telemetry::settings::TraceSettings;
use crate::telemetry::{self, Telemetry};

pub use allocator::bound_memory;

/// The version, and the commit if the build knows it.
static VERSION: LazyLock<String> = LazyLock::new(|| match option_env!("SEGMENT_EXPORT_COMMIT") {
    Some(commit) => format!("{} ({commit})", env!("CARGO_PKG_VERSION")),
    None => env!("CARGO_PKG_VERSION").to_owned(),
});

/// With the data of time zones that planned times are computed with.
static LONG_VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{}, time zones {}", *VERSION, zones::version()));

/// Moves the members of Customer Insights segments into Campaign Monitor lists.
#[derive(Parser)]
#[command(version = VERSION.as_str(), long_version = LONG_VERSION.as_str(), about)]
struct Program {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    signals: TraceSettings,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the API and executes runs.
    Serve(Box<Config>),
    /// Brings the database up to date.
    Migrate(Box<Config>),
    /// Looks at settings without starting anything, or writes what an instance has.
    #[command(subcommand)]
    Config(config::Order),
    /// Brings an instance to what a file says, by calls of the API; with `--plan` it says what there is to do.
    Apply(apply::Args),
    /// Shows which keys seal secrets, or seals every secret with the first one.
    #[command(subcommand)]
    Keys(keys::Order),
    /// Looks at the audit.
    #[command(subcommand)]
    Audit(audit::Order),
    /// Prints the OpenAPI document as JSON.
    Openapi(openapi::Args),
    /// Prints a development token; only with `--dev`.
    Token(Box<token::Args>),
    /// Shows the main job from end to end, with the offline Campaign Monitor.
    Demo(demo::Demo),
    /// Serves the console over sample data, with the offline Campaign Monitor.
    Try(demo::Trial),
    /// Serves the offline Campaign Monitor alone.
    Sandbox(sandbox::Args),
    /// Asks a service whether it is ready; for images without a shell.
    Ready(ready::Args),
    /// Writes an archive for who helps you: settings without secrets, versions, runs, metrics. Nothing of a person.
    SupportBundle(Box<support_bundle::Args>),
    /// Writes realistic profiles as CSV, NDJSON or Parquet.
    Sample(sample::Args),
}

/// Does what the command line orders.
///
/// # Errors
/// Those of the command, in words for who typed it.
pub async fn run() -> anyhow::Result<ExitCode> {
    keep_files_private();
    let (program, wrong) = values::read::<Program>();
    if !wrong.is_empty() && !matches!(program.command, Command::Config(config::Order::Check(_))) {
        values::end(&wrong);
    }
    let quiet = !matches!(program.command, Command::Serve(_) | Command::Migrate(_));
    let telemetry = telemetry::start(&program.signals, quiet)?;
    if !quiet && let Some(endpoint) = program.signals.otlp_endpoint() {
        warn_of_plain_traces(endpoint);
    }
    let done = execute(program.command, wrong, &telemetry).await;
    telemetry.flush();
    done
}

/// What this process creates is for its owner alone, whatever it was started with: databases, uploads and samples hold
/// personal data. Set once, so that it holds for the files that libraries create, too.
fn keep_files_private() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

async fn execute(
    command: Command,
    wrong: Vec<String>,
    telemetry: &Telemetry,
) -> anyhow::Result<ExitCode> {
    if reads_settings(&command) {
        variables::refuse_mistyped(Program::command())?;
    }
    let done = match command {
        Command::Apply(args) => return Box::pin(apply::run(args)).await,
        Command::Serve(config) => Box::pin(serve::run(*config, telemetry)).await,
        Command::Migrate(config) => migrate::run(*config).await,
        Command::Config(order) => config::run(order, wrong, Program::command()).await,
        Command::Keys(order) => keys::run(order).await,
        Command::Audit(order) => audit::run(order).await,
        Command::Openapi(args) => {
            openapi::run(&args);
            Ok(())
        }
        Command::Token(args) => token::run(*args),
        Command::Demo(demo) => demo::run(demo, telemetry.metrics.clone()).await,
        Command::Try(trial) => Box::pin(demo::run_trial(trial, telemetry.metrics.clone())).await,
        Command::Sandbox(args) => sandbox::run(&args).await,
        Command::Ready(args) => ready::run(args).await,
        Command::SupportBundle(args) => support_bundle::run(*args, &LONG_VERSION).await,
        Command::Sample(args) => sample::run(&args),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Whether a command works on what the settings name, so that a mistyped one would do harm.
const fn reads_settings(command: &Command) -> bool {
    matches!(
        command,
        Command::Serve(_)
            | Command::Migrate(_)
            | Command::Keys(_)
            | Command::Audit(_)
            | Command::SupportBundle(_)
    )
}
