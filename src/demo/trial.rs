//! Everything to try the console with: the offline Campaign Monitor and the service, with sample data in both.

use std::net::SocketAddr;

use clap::Args;
use metrics_exporter_prometheus::PrometheusHandle;
use uuid::Uuid;

use super::client::ApiClient;
use super::{settings, token, tour};
use crate::identity::DEV_INSTANCE;
use crate::sample::Sample;
use crate::sandbox::Sandbox;
use crate::service::{self, Service};

/// Serves the console over sample data, until it is stopped.
#[derive(Args)]
pub struct Trial {
    /// Address and port of the service.
    #[arg(long, default_value = "127.0.0.1:8080")]
    bind: SocketAddr,
    /// How many profiles the sample segment has.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    rows: u64,
    /// How long the offline Campaign Monitor takes for a call.
    #[arg(long, default_value_t = 250)]
    latency_ms: u64,
}

/// Starts the parts and fills them; ends when the process is asked to stop.
pub async fn run(trial: Trial, metrics: PrometheusHandle) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await?;
    let config = settings(folder.path(), &sandbox, trial.bind)?;
    let token = token(&config)?;
    let service = Service::start(service::open(config, metrics).await?)?;
    let client = ApiClient::new(&service.url, Uuid::parse_str(DEV_INSTANCE)?, token)?;
    println!("The sample data is being prepared …");
    let sample = Sample { rows: trial.rows, seed: 1 };
    tour::prepare(&client, &sandbox, sample, trial.latency_ms).await?;
    println!(
        "\n  Open {}console/ in a browser.\n\nStop with Ctrl+C: the data goes with it.",
        service.url
    );
    let ended = service.run().await;
    sandbox.stop().await;
    ended
}
