//! How long the main job takes, beside a bare loop over the same file or the time that the calls themselves take.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::data::{self, Format};
use crate::engines::Engines;
use crate::figures::median;
use crate::service::Service;
use crate::sink::Sink;

const PROFILES: u32 = 1_000_000;
const FEW_PROFILES: u32 = 100_000;
/// Exports and bare loops take turns this often; the median counts.
const ROUNDS: u32 = 5;
const LATENCY: Duration = Duration::from_millis(300);
const PAGE_ROWS: u32 = 1000;
/// The default of `uploads-in-flight`.
const IN_FLIGHT: u32 = 8;

/// On the embedded default from both formats; on the engines of production from Parquet.
pub async fn measure(folder: &Path, sink: &Sink, production: &Engines) -> Result<()> {
    println!(
        "| engines | source | a call takes | profiles | seconds | profiles/s | limit, seconds | ratio | peak memory | \
            CPU seconds |"
    );
    println!("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|");
    for (engines, format) in [
        (&Engines::Embedded, Format::Parquet),
        (&Engines::Embedded, Format::Csv),
        (production, Format::Parquet),
    ] {
        let few = data::write(folder, format, FEW_PROFILES)?;
        let all = data::write(folder, format, PROFILES)?;
        let bench = Bench { folder, sink, engines, format };
        bench.at_once(&few, FEW_PROFILES).await?;
        bench.at_once(&all, PROFILES).await?;
        bench.slowly(&all).await?;
    }
    Ok(())
}

/// What a row of the table is about.
struct Bench<'a> {
    folder: &'a Path,
    sink: &'a Sink,
    engines: &'a Engines,
    format: Format,
}

impl Bench<'_> {
    /// The sink answers at once: the service against the bare loop.
    async fn at_once(&self, file: &Path, rows: u32) -> Result<()> {
        self.sink.set_latency(Duration::ZERO);
        let service =
            Service::start(self.folder, &self.sink.url, self.engines, "api,worker").await?;
        let export = service.configure(file, self.format).await?;
        let before = service.usage()?;
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            bare.push(bare_loop(file, self.format, &self.sink.url).await?);
            let expected = self.sink.taken();
            ensure!(expected.records == u64::from(rows), "the bare loop sent {expected:?}");
            ours.push(service.run(&export).await?.0.as_secs_f64());
            ensure!(
                self.sink.taken() == expected,
                "the service sent something else than the bare loop"
            );
        }
        let after = service.usage()?;
        let cpu_seconds = (after.cpu_seconds - before.cpu_seconds) / f64::from(ROUNDS);
        Row {
            engines: self.engines.words(),
            format: self.format,
            latency: Duration::ZERO,
            rows,
            seconds: median(ours),
            limit: median(bare),
            peak_mb: after.peak_mb,
            cpu_seconds,
        }
        .print();
        Ok(())
    }

    /// The sink takes as long as Campaign Monitor may: the service against the calls themselves.
    async fn slowly(&self, file: &Path) -> Result<()> {
        self.sink.set_latency(LATENCY);
        let service =
            Service::start(self.folder, &self.sink.url, self.engines, "api,worker").await?;
        let export = service.configure(file, self.format).await?;
        let before = service.usage()?;
        let seconds = service.run(&export).await?.0.as_secs_f64();
        ensure!(self.sink.taken().records == u64::from(PROFILES), "not every profile arrived");
        let after = service.usage()?;
        let limit = (LATENCY * (PROFILES / PAGE_ROWS) / IN_FLIGHT).as_secs_f64();
        let cpu_seconds = after.cpu_seconds - before.cpu_seconds;
        Row {
            engines: self.engines.words(),
            format: self.format,
            latency: LATENCY,
            rows: PROFILES,
            seconds,
            limit,
            peak_mb: after.peak_mb,
            cpu_seconds,
        }
        .print();
        Ok(())
    }
}

/// The seconds that reading a Parquet file takes, in a process of its own.
pub async fn bare_read(file: &Path) -> Result<f64> {
    bare([OsStr::new("bare-read"), file.as_os_str()]).await
}

/// The seconds that the bare loop takes.
pub async fn bare_loop(file: &Path, format: Format, sink: &str) -> Result<f64> {
    bare([OsStr::new("bare-loop"), file.as_os_str(), format.word().as_ref(), sink.as_ref()]).await
}

async fn bare<const N: usize>(args: [&OsStr; N]) -> Result<f64> {
    let output = Command::new(std::env::current_exe()?)
        .args(args)
        .stderr(std::process::Stdio::inherit())
        .output()
        .await?;
    let text = String::from_utf8(output.stdout)?;
    text.trim().parse().context("the bare loop failed")
}

/// A row of the table.
struct Row {
    engines: &'static str,
    format: Format,
    latency: Duration,
    rows: u32,
    seconds: f64,
    limit: f64,
    peak_mb: f64,
    cpu_seconds: f64,
}

impl Row {
    fn print(&self) {
        println!(
            "| {} | {} | {} ms | {} | {:.2} | {:.0} | {:.2} | {:.2} | {:.0} MB | {:.2} |",
            self.engines,
            self.format.word(),
            self.latency.as_millis(),
            self.rows,
            self.seconds,
            f64::from(self.rows) / self.seconds,
            self.limit,
            self.seconds / self.limit,
            self.peak_mb,
            self.cpu_seconds,
        );
    }
}
