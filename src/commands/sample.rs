//! `sample`: realistic profiles in a file, or on standard output.

use std::fs::File;
use std::io::{ErrorKind, stdout};
use std::path::PathBuf;

use anyhow::Context;

use crate::sample::Sample;
use crate::storage::Media;

#[derive(clap::Args)]
pub(super) struct Args {
    /// How many profiles to write.
    #[arg(long, default_value_t = 1000)]
    rows: u64,
    /// The same seed gives the same file.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// `csv`, `ndjson` or `parquet`.
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// File to write; standard output when left out.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Csv,
    Ndjson,
    Parquet,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let media = match args.format {
        Format::Csv => Media::Csv,
        Format::Ndjson => Media::Ndjson,
        Format::Parquet => Media::Parquet,
    };
    let sample = Sample { rows: args.rows, seed: args.seed };
    let Some(path) = &args.out else {
        return match sample.write(media, stdout()) {
            // The reader, such as `head`, has closed the pipe.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        };
    };
    let written = File::create(path).and_then(|file| sample.write(media, file));
    written.with_context(|| format!("{} cannot be written", path.display()))
}
