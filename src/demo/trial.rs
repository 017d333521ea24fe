//! Everything to try the console with: the offline Campaign Monitor and the service, with sample data in both.

use std::net::SocketAddr;

use clap::Args;
use metrics_exporter_prometheus::PrometheusHandle;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use super::client::ApiClient;
use super::setup::{settings, token};
use super::tour;
use crate::config::OAuth;
use crate::identity::DEV_INSTANCE;
use crate::sample::Sample;
use crate::sandbox::{OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, Sandbox};
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
    let mut config = settings(folder.path(), &sandbox, trial.bind)?;
    config.oauth = registered(trial.bind)?;
    let token = token(&config)?;
    let service = Service::start(service::open(config, metrics).await?)?;
    let client = ApiClient::new(&service.url, Uuid::parse_str(DEV_INSTANCE)?, token)?;
    println!("The sample data is being prepared …");
    let sample = Sample { rows: trial.rows, seed: 1 };
    let connection = tour::prepare(&client, &sandbox, sample, trial.latency_ms).await?;
    let shared = json!({"allowedRoles": "adminsAndContributors"});
    client.call(Method::PATCH, &format!("/connections/{connection}"), Some(&shared)).await?;
    println!(
        "\n  Open {}console/ in a browser.\n\nStop with Ctrl+C: the data goes with it.",
        service.url
    );
    let ended = service.run().await;
    sandbox.stop().await;
    ended
}

/// The application that the offline Campaign Monitor knows, so that people can sign in there.
fn registered(bind: SocketAddr) -> anyhow::Result<OAuth> {
    Ok(OAuth {
        oauth_client_id: Some(OAUTH_CLIENT_ID.to_owned()),
        oauth_client_secret: Some(SecretString::from(OAUTH_CLIENT_SECRET)),
        oauth_redirect_url: Some(format!("http://{bind}/oauth/campaign-monitor/callback").parse()?),
        oauth_return_url: None,
    })
}
