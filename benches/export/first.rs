//! How long it takes from the call that starts a run until its first upload is in.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::data::{self, Format};
use crate::engines::Engines;
use crate::figures::percentile;
use crate::service::Service;
use crate::sink::Sink;

const RUNS: usize = 100;
const PROFILES: u32 = 1000;

/// Measures on both engines; `less` says which part of all runs is made.
pub async fn measure(folder: &Path, sink: &Sink, production: &Engines, less: usize) -> Result<()> {
    let runs = RUNS / less;
    println!("| engines | runs | POST to first upload, median, ms | p99, ms |");
    println!("|---|--:|--:|--:|");
    sink.set_latency(Duration::ZERO);
    let file = data::write(folder, Format::Parquet, PROFILES)?;
    for engines in [&Engines::Embedded, production] {
        let service = Service::start(folder, &sink.url, engines, "api,worker").await?;
        let export = service.configure(&file, Format::Parquet).await?;
        let mut times = Vec::with_capacity(runs);
        for _ in 0..runs {
            sink.first();
            let started = Instant::now();
            service.run(&export).await?;
            times.push(sink.first().context("nothing was uploaded")? - started);
        }
        let (half, most) = (percentile(&mut times, 50), percentile(&mut times, 99));
        println!("| {} | {runs} | {half:.1} | {most:.1} |", engines.words());
    }
    Ok(())
}
