//! The command that writes a sample.

use std::io;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::Sample;
use crate::storage::Media;

#[derive(Args, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct Order {
    /// How many profiles to write.
    #[arg(long, default_value_t = 1000)]
    rows: u64,
    /// The same seed gives the same file.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// `csv`, `ndjson` or `parquet`.
    #[arg(long, value_enum, default_value = "csv")]
    format: SampleFormat,
    /// File to write; standard output when left out.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum SampleFormat {
    Csv,
    Ndjson,
    Parquet,
}

impl Order {
    /// Writes them to the file, or to standard output.
    pub fn run(&self) -> anyhow::Result<()> {
        let media = match self.format {
            SampleFormat::Csv => Media::Csv,
            SampleFormat::Ndjson => Media::Ndjson,
            SampleFormat::Parquet => Media::Parquet,
        };
        let sample = Sample { rows: self.rows, seed: self.seed };
        let Some(path) = &self.out else {
            return match sample.write(media, io::stdout()) {
                // The reader, such as `head`, has closed the pipe.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                written => Ok(written?),
            };
        };
        let written = std::fs::File::create(path).and_then(|file| sample.write(media, file));
        written.with_context(|| format!("{} cannot be written", path.display()))
    }
}
