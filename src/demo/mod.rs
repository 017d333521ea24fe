//! The main job end to end, with nothing installed: the service with its embedded defaults exports realistic profiles
//! to the offline Campaign Monitor.
//!
//! All calls go over HTTP, as those of a front end do. The data is in a temporary folder that is removed at the end.

mod client;
mod report;
mod setup;
mod tour;
mod trial;

use std::time::Instant;

use clap::Args;
use metrics_exporter_prometheus::PrometheusHandle;
use uuid::Uuid;

use crate::sample::Sample;
use crate::sandbox::Sandbox;
use crate::service::{self, Service};
use client::ApiClient;
use setup::{settings, token};
pub use trial::{Trial, run as run_trial};

/// Shows the whole main job against the offline Campaign Monitor.
#[derive(Args)]
pub struct Demo {
    /// How many profiles to export.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    rows: u64,
    /// The same seed gives the same profiles.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How long the offline Campaign Monitor takes for a call.
    #[arg(long, default_value_t = 250)]
    latency_ms: u64,
}

/// Runs the demo; an error when a profile is not accounted for.
pub async fn run(demo: Demo, metrics: PrometheusHandle) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await?;
    let config = settings(folder.path(), &sandbox, ([127, 0, 0, 1], 0).into())?;
    let token = token(&config)?;
    let service = Service::start(service::open(config, metrics).await?)?;
    let url = service.url.clone();
    println!("The service listens on {url}, the offline Campaign Monitor on {}.\n", sandbox.url());

    let started = Instant::now();
    let client = ApiClient::new(&url, Uuid::now_v7(), token)?;
    let sample = Sample { rows: demo.rows, seed: demo.seed };
    let finished = tour::run(&client, &sandbox, sample, demo.latency_ms).await;
    if let Ok(run) = &finished {
        report::print(&client, &sandbox, run, started.elapsed()).await?;
    }
    service.stop().await;
    sandbox.stop().await;
    finished.map(drop)
}
