//! The metrics, as Prometheus itself reads them.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::cluster::runs::PATIENCE;
use crate::cluster::services::{free_port, wait_for};
use crate::programs::{debian_with, succeed};
use crate::watched::{GOOD, Watched};

/// A Prometheus of its own.
struct Prometheus {
    port: u16,
    _process: Child,
    _folder: TempDir,
}

impl Prometheus {
    /// Scrapes these ports several times a second.
    async fn start(targets: &[u16]) -> Result<Self> {
        debian_with("prometheus", "/usr/bin/prometheus").await;
        let (port, folder) = (free_port()?, TempDir::new()?);
        let targets: Vec<_> = targets.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        let config = format!(
            "{{global: {{scrape_interval: 250ms, scrape_timeout: 250ms}}, scrape_configs: [{{job_name: \
                segment-export, static_configs: [{{targets: {targets:?}}}]}}]}}"
        );
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(at("prometheus.yml"), config)?;
        let mut command = Command::new("/usr/bin/prometheus");
        command.args(["--config.file", &at("prometheus.yml"), "--storage.tsdb.path", &at("data")]);
        command.args(["--web.listen-address", &format!("127.0.0.1:{port}")]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let process = command.spawn()?;
        wait_for(port).await?;
        Ok(Self { port, _process: process, _folder: folder })
    }

    /// Waits until a query has this one answer.
    async fn answers(&self, query: &str, expected: &str) -> Result<()> {
        let url = format!("http://127.0.0.1:{}/api/v1/query", self.port);
        let (http, started) = (reqwest::Client::builder().build()?, Instant::now());
        loop {
            let asked = http.get(&url).query(&[("query", query)]);
            let answer: Value = asked.send().await?.json().await?;
            if answer["data"]["result"][0]["value"][1] == expected {
                return Ok(());
            }
            ensure!(started.elapsed() < PATIENCE, "{query} is not {expected}: {answer}");
            sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test]
async fn prometheus_reads_what_became_of_a_run_and_finds_nothing_wrong_with_the_metrics()
-> Result<()> {
    let watched = Watched::start(&[]).await?;
    let prometheus = Prometheus::start(&[watched.api.port, watched.worker.port]).await?;
    prometheus.answers("count(segment_export_build_info)", "2").await?;
    for counter in [
        "segment_export_profiles_total{outcome=\"created\"}",
        "segment_export_batches_total",
        "segment_export_runs_ended_total",
        "segment_export_upload_retries_total",
        "segment_export_uploads_throttled_total",
        "segment_export_leases_lost_total",
        "segment_export_run_takeovers_total",
    ] {
        prometheus.answers(&format!("sum({counter})"), "0").await?;
    }

    watched.run("").await?;
    let route = "/v1/instances/{instanceId}/exports/{id}/runs";
    for (query, expected) in [
        ("sum(segment_export_profiles_total{outcome=\"created\"})", &*GOOD.to_string()),
        ("sum(segment_export_profiles_total{outcome=\"invalid\"})", "1"),
        ("sum(segment_export_batches_total)", "3"),
        ("sum(segment_export_runs_ended_total{status=\"completedWithErrors\"})", "1"),
        ("sum(segment_export_upload_retries_total)", "1"),
        ("sum(segment_export_uploads_throttled_total)", "1"),
        ("sum(segment_export_upload_duration_seconds_count{outcome=\"answered\"})", "3"),
        ("sum(segment_export_uploads_in_flight) + sum(segment_export_upload_limit)", "0"),
        ("max(segment_export_run_slots) - max(segment_export_runs_active)", "4"),
        ("max(segment_export_runs_open) + max(segment_export_runs_due)", "0"),
        ("max(segment_export_oldest_due_run_age_seconds)", "0"),
        ("count(segment_export_database_connections{state=\"idle\"})", "2"),
        ("count(segment_export_redis_connections{state=\"used\"})", "2"),
        ("count(segment_export_database_wait_seconds_count > 0)", "2"),
        (
            &format!(
                "sum(segment_export_http_request_duration_seconds_count{{method=\"POST\",\
                 route=\"{route}\",status=\"202\"}})"
            ),
            "1",
        ),
    ] {
        prometheus.answers(query, expected).await?;
    }

    let file = tempfile::NamedTempFile::new()?;
    for metrics in watched.metrics().await? {
        std::fs::write(file.path(), metrics)?;
        let check = format!("promtool check metrics < {}", file.path().display());
        succeed("sh", &["-c", &check], "/").await;
    }
    Ok(())
}
