//! What a row log costs: the same profiles without one, with one, and with one that has the records as they were sent.
//!
//! The calls of a run are noted in every run, so they are in every figure; compare with an earlier version.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::data::{self, Format};
use crate::engines::Engines;
use crate::figures::median;
use crate::service::{Service, UNLIMITED};
use crate::sink::Sink;

const PROFILES: u32 = 1_000_000;
/// The exports take turns this often; the median counts.
const ROUNDS: usize = 5;
/// 32 bytes that nobody need keep secret.
const KEY: &str = "YmVuY2hiZW5jaGJlbmNoYmVuY2hiZW5jaGJlbmNoYmU=";
const LATENCIES: [Duration; 2] = [Duration::ZERO, Duration::from_millis(300)];

/// Measures on both engines, with calls that take no time and some.
pub async fn measure(folder: &Path, sink: &Sink, production: &Engines, less: usize) -> Result<()> {
    let rows = PROFILES / u32::try_from(less)?;
    let file = data::write(folder, Format::Parquet, rows)?;
    println!("| engines | a call takes | row log | profiles | seconds | beside none |");
    println!("|---|--:|---|--:|--:|--:|");
    for (engines, key) in [(&Engines::Embedded, ""), (&Engines::Embedded, KEY), (production, KEY)] {
        let settings = if key.is_empty() { vec![] } else { vec!["--row-log-key", key] };
        let settings = [UNLIMITED.as_slice(), &settings].concat();
        let service =
            Service::start_with(folder, &sink.url, engines, "api,worker", &settings).await?;
        let segment = service.add_segment(&file, Format::Parquet).await?;
        let url = format!("file://{}", folder.join("row-log").display());
        let logged = if key.is_empty() { "without hashes" } else { "with hashes" };
        let logs = [
            ("none", Value::Null),
            (logged, json!({"url": url})),
            ("with hashes and records", json!({"url": url, "payload": true})),
        ];
        for latency in LATENCIES {
            sink.set_latency(latency);
            compare(&service, sink, &segment, &logs, (engines.words(), latency, rows)).await?;
        }
    }
    Ok(())
}

async fn compare(
    service: &Service,
    sink: &Sink,
    segment: &str,
    logs: &[(&str, Value)],
    (engines, latency, rows): (&str, Duration, u32),
) -> Result<()> {
    let mut exports = Vec::new();
    for (name, log) in logs {
        let title = format!("{name}, {} ms", latency.as_millis());
        let export = service.add_export(&title, &service.connection, segment).await?;
        service.set_row_log(&export, log.clone()).await?;
        exports.push((name, export, Vec::with_capacity(ROUNDS)));
    }
    let rounds = if latency.is_zero() { ROUNDS } else { 1 };
    for _ in 0..rounds {
        for (name, export, seconds) in &mut exports {
            seconds.push(service.run(export).await?.0.as_secs_f64());
            ensure!(sink.taken().records == u64::from(rows), "{name}: not every profile arrived");
        }
    }
    let medians: Vec<f64> = exports.iter().map(|(.., seconds)| median(seconds.clone())).collect();
    for ((name, ..), seconds) in exports.iter().zip(&medians) {
        let (ms, ratio) = (latency.as_millis(), seconds / medians[0]);
        println!("| {engines} | {ms} ms | {name} | {rows} | {seconds:.2} | {ratio:.2} × |");
    }
    Ok(())
}
