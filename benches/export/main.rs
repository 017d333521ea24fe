//! How fast the main job is, and how much memory it takes: `make bench`.
//!
//! The service runs as a process of its own, and exports profiles from Parquet and from CSV to a sink on loopback
//! that answers at once, or after 300 ms. Every figure stands beside a limit that is measured in the same run: a bare
//! loop over the same file, or the time that the calls themselves take.

mod bare;
mod data;
mod service;
mod sink;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use data::Format;
use service::Service;
use sink::Sink;

const PROFILES: u32 = 1_000_000;
const FEW_PROFILES: u32 = 100_000;
/// Exports and bare loops take turns this often; the median counts.
const ROUNDS: u32 = 5;
const LATENCY: Duration = Duration::from_millis(300);
const PAGE_ROWS: u32 = 1000;
/// The default of `uploads-in-flight`.
const IN_FLIGHT: u32 = 8;

#[tokio::main]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    if let [_, mode, file, format, sink] = args.as_slice()
        && mode == "bare"
    {
        let format = if format == "csv" { Format::Csv } else { Format::Parquet };
        println!("{}", bare::run(Path::new(file), format, sink).await?.as_secs_f64());
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let sink = Sink::start().await?;
    println!(
        "| source | a call takes | profiles | seconds | profiles/s | limit, seconds | ratio | peak memory | CPU seconds |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
    for format in [Format::Parquet, Format::Csv] {
        let few = data::write(folder.path(), format, FEW_PROFILES)?;
        let all = data::write(folder.path(), format, PROFILES)?;
        at_once(folder.path(), &few, format, FEW_PROFILES, &sink).await?;
        at_once(folder.path(), &all, format, PROFILES, &sink).await?;
        slowly(folder.path(), &all, format, &sink).await?;
    }
    Ok(())
}

/// The sink answers at once: the service against the bare loop.
async fn at_once(folder: &Path, file: &Path, format: Format, rows: u32, sink: &Sink) -> Result<()> {
    sink.set_latency(Duration::ZERO);
    let service = Service::start(folder, &sink.url).await?;
    let export = service.configure(file, format).await?;
    let before = service.usage()?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(bare_loop(file, format, &sink.url).await?);
        let expected = sink.taken();
        ensure!(expected.records == u64::from(rows), "the bare loop sent {expected:?}");
        ours.push(service.run(&export).await?.as_secs_f64());
        ensure!(sink.taken() == expected, "the service sent something else than the bare loop");
    }
    let after = service.usage()?;
    let cpu_seconds = (after.cpu_seconds - before.cpu_seconds) / f64::from(ROUNDS);
    Row {
        format,
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
async fn slowly(folder: &Path, file: &Path, format: Format, sink: &Sink) -> Result<()> {
    sink.set_latency(LATENCY);
    let service = Service::start(folder, &sink.url).await?;
    let export = service.configure(file, format).await?;
    let before = service.usage()?;
    let seconds = service.run(&export).await?.as_secs_f64();
    ensure!(sink.taken().records == u64::from(PROFILES), "not every profile arrived");
    let after = service.usage()?;
    let limit = (LATENCY * (PROFILES / PAGE_ROWS) / IN_FLIGHT).as_secs_f64();
    let cpu_seconds = after.cpu_seconds - before.cpu_seconds;
    Row {
        format,
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

async fn bare_loop(file: &Path, format: Format, sink: &str) -> Result<f64> {
    let output = Command::new(std::env::current_exe()?)
        .args(["bare".as_ref(), file.as_os_str(), format.word().as_ref(), sink.as_ref()])
        .stderr(std::process::Stdio::inherit())
        .output()
        .await?;
    let text = String::from_utf8(output.stdout)?;
    text.trim().parse().context("the bare loop failed")
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// A row of the table.
struct Row {
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
            "| {} | {} ms | {} | {:.2} | {:.0} | {:.2} | {:.2} | {:.0} MB | {:.2} |",
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
