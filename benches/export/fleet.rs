//! Ten thousand tiny runs over a hundred connections, queued and then drained by one, two and four worker processes;
//! and a thousand when Campaign Monitor takes its time, so that it is not the machine that they share that sets the
//! pace.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Method;
use sqlx::PgPool;
use tokio::time::sleep;

use crate::cluster::services::free_port;
use crate::data::{self, Format};
use crate::engines::Engines;
use crate::load::{CALLERS, Load, request};
use crate::service::{self, Service};
use crate::sink::Sink;

const CONNECTIONS: usize = 100;
const EXPORTS_PER_CONNECTION: usize = 100;
const PROFILES: u32 = 10;
/// What a call takes of a Campaign Monitor that is not on this machine.
const LATENCY: Duration = Duration::from_millis(100);
/// Counting the open runs takes a part of the database.
const LOOK_EVERY: Duration = Duration::from_millis(200);
const DRAIN_MAX: Duration = Duration::from_mins(20);

/// Measures on the engines of production; the embedded ones serve one process only. `less` says which part of all runs
/// is made.
pub async fn measure(folder: &Path, sink: &Sink, production: &Engines, less: usize) -> Result<()> {
    let Engines::Production(servers) = production else {
        return Ok(());
    };
    let database = PgPool::connect(&servers.postgres.url()).await?;
    let service = Service::start(folder, &sink.url, production, "api").await?;
    let exports = set_up(folder, &service, EXPORTS_PER_CONNECTION / less).await?;
    println!(
        "| a call takes | workers | runs | queued, runs/s | drained, runs/s | beside one worker |"
    );
    println!("|--:|--:|--:|--:|--:|--:|");
    let fewer: Vec<_> = exports.iter().step_by(10).cloned().collect();
    for (latency, exports) in [(Duration::ZERO, exports), (LATENCY, fewer)] {
        sink.set_latency(latency);
        let mut alone = None;
        for workers in [1_u16, 2, 4] {
            let queued = queue(&service, &exports).await?;
            let seconds = drain(folder, sink, production, &database, workers).await?;
            let runs = exports.len();
            let drained = f64::from(u32::try_from(runs)?) / seconds;
            let ratio = drained / *alone.get_or_insert(drained);
            let latency = latency.as_millis();
            println!(
                "| {latency} ms | {workers} | {runs} | {queued:.0} | {drained:.0} | {ratio:.2} × |"
            );
        }
    }
    sink.set_latency(Duration::ZERO);
    Ok(())
}

async fn set_up(folder: &Path, service: &Service, each: usize) -> Result<Vec<String>> {
    let file = data::write(folder, Format::Parquet, PROFILES)?;
    let segment = service.add_segment(&file, Format::Parquet).await?;
    let connections: Vec<String> = stream::iter(0..CONNECTIONS)
        .map(async |n| service.connect(&format!("Connection {n}")).await)
        .buffer_unordered(CALLERS)
        .try_collect()
        .await?;
    let pairs = connections.iter().flat_map(|c| (0..each).map(move |n| (c, n)));
    stream::iter(pairs)
        .map(async |(connection, n)| {
            service.add_export(&format!("{connection} {n}"), connection, &segment).await
        })
        .buffer_unordered(CALLERS)
        .try_collect()
        .await
}

/// Starts a run of every export; nobody carries them out yet. Tells how many a second.
async fn queue(service: &Service, exports: &[String]) -> Result<f64> {
    let path = |export| format!("{}/exports/{export}/runs", service.path);
    let requests =
        exports.iter().map(|export| request(Method::POST.as_str(), &path(export), &service.token));
    let load = Load {
        port: service.port,
        requests: requests.collect(),
        calls: exports.len(),
        status: 202,
    };
    Ok(load.run(None).await?.per_second)
}

/// Starts so many workers, and waits until every run has ended well. Tells the seconds that took.
async fn drain(
    folder: &Path,
    sink: &Sink,
    production: &Engines,
    database: &PgPool,
    workers: u16,
) -> Result<f64> {
    let started = Instant::now();
    let processes: Result<Vec<_>> = (0..workers)
        .map(|_| service::spawn(folder, &sink.url, production, "worker", free_port()?, &[]))
        .collect();
    let open = "SELECT COUNT(*) FROM runs WHERE status IN ('queued', 'running')";
    while sqlx::query_scalar::<_, i64>(open).fetch_one(database).await? > 0 {
        ensure!(started.elapsed() < DRAIN_MAX, "the runs do not end");
        sleep(LOOK_EVERY).await;
    }
    let seconds = started.elapsed().as_secs_f64();
    drop(processes?);
    let other = "SELECT COUNT(*) FROM runs WHERE status <> 'successful'";
    let other: i64 = sqlx::query_scalar(other).fetch_one(database).await?;
    ensure!(other == 0, "{other} runs did not end well");
    Ok(seconds)
}
