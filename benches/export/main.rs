//! How fast the service is, and how much memory it takes: `make bench`, or one part of it: `make bench PARTS=calls`.
//!
//! The service runs as processes of its own, against a sink on loopback in the place of Campaign Monitor. Every figure
//! stands beside a limit that is measured in the same run: a bare loop over the same file, the time that the calls
//! themselves take, or a bare actix answer.

mod bare;
mod calls;
#[path = "../../tests/cluster/mod.rs"]
#[expect(dead_code, reason = "the programs that share it use some of it each")]
mod cluster;
mod data;
mod engines;
mod export;
mod figures;
mod first;
mod fleet;
mod list;
mod load;
mod overload;
mod people;
mod row_log;
mod service;
mod sink;
mod sync;
mod units;
mod values;

use std::path::Path;

use anyhow::{Result, ensure};
use clap::{Parser, ValueEnum};

use data::Format;
use engines::Engines;
use sink::Sink;

/// What to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// A million profiles.
    Export,
    /// Calls of the API.
    Calls,
    /// From the call that starts a run to its first upload.
    First,
    /// Ten thousand tiny runs.
    Fleet,
    /// What is taken of everything, by the run.
    Units,
    /// One instance attacks, another works.
    Overload,
    /// A mapping with formats beside a plain one.
    Values,
    /// A row log beside none.
    RowLog,
    /// Runs that send only changes, delete people who left, and verify the list.
    Sync,
    /// One person, sought in many large exports.
    People,
}

/// A rough measurement does one of so many calls and runs.
const ROUGHLY: usize = 50;

#[derive(Parser)]
struct Options {
    /// Which parts; all of them when none is named.
    parts: Vec<Part>,
    /// Few calls and runs, to see that it works; the figures are worth nothing.
    #[arg(long)]
    rough: bool,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "bare-loop", file, format, sink] => {
            let format = if format == "csv" { Format::Csv } else { Format::Parquet };
            println!("{}", bare::run(Path::new(file), format, sink).await?.as_secs_f64());
            Ok(())
        }
        [_, "bare-read", file] => {
            let (took, rows) = bare::read(Path::new(file), Format::Parquet)?;
            ensure!(rows > 0, "{file} has no rows");
            println!("{}", took.as_secs_f64());
            Ok(())
        }
        [_, "bare-answer", port, body] => calls::answer(port.parse()?, body.to_owned()).await,
        _ => measure(Options::parse()).await,
    }
}

async fn measure(options: Options) -> Result<()> {
    let sink = Sink::start().await?;
    let less = if options.rough { ROUGHLY } else { 1 };
    let parts = if options.parts.is_empty() { Part::value_variants() } else { &options.parts };
    for part in parts {
        part.measure(&sink, less).await?;
    }
    Ok(())
}

impl Part {
    /// Measures in a folder and on servers of its own: runs that one part leaves are no work for the next.
    async fn measure(self, sink: &Sink, less: usize) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (folder, production) = (folder.path(), Engines::production(folder.path()).await?);
        match self {
            Self::Export => export::measure(folder, sink, &production).await,
            Self::Calls => calls::measure(folder, sink, &production, less).await,
            Self::First => first::measure(folder, sink, &production, less).await,
            Self::Fleet => fleet::measure(folder, sink, &production, less).await,
            Self::Overload => overload::measure(folder, sink, &production, less).await,
            Self::Units => units::measure(folder, sink, &production, less).await,
            Self::Values => values::measure(folder, sink, less).await,
            Self::RowLog => row_log::measure(folder, sink, &production, less).await,
            Self::Sync => sync::measure(folder, sink, &production, less).await,
            Self::People => people::measure(folder, sink, &production, less).await,
        }
    }
}
