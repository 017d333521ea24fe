//! The service in the middle of a run, for tests in which an engine fails or changes just then.

use std::time::Duration;

use anyhow::{Result, ensure};
use segment_export::sandbox::LIST_ID;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::cluster::Cluster;
use crate::cluster::caller::Caller;
use crate::cluster::processes::Process;
use crate::cluster::runs::{PATIENCE, members};

pub const PROFILES: i64 = 20_000;

/// Two processes of the service, and a run of [`PROFILES`] that has sent some.
pub struct UnderWay {
    pub api: Process,
    pub worker: Process,
    pub caller: Caller,
    pub export: String,
    run: String,
}

impl UnderWay {
    pub async fn start(cluster: &Cluster) -> Result<Self> {
        let api = cluster.play("api", "api").await?;
        let worker = cluster.play("worker", "worker,scheduler").await?;
        let caller = Caller::new(vec![api.port]).await?;
        let connection = caller.add_connection("Newsletter").await?;
        caller.add_segment("Members", members(PROFILES)).await?;
        let export = caller.add_export("Members", &connection, LIST_ID).await?;
        cluster.campaign_monitor.faults(&[]).await?;
        let run = caller.start_run(&export).await?;
        caller.is_under_way(&run).await?;
        Ok(Self { api, worker, caller, export, run })
    }

    /// Waits until both processes call an engine ready, or not.
    pub async fn becomes(&self, part: &str, is_ready: bool) -> Result<()> {
        let started = Instant::now();
        for process in [&self.api, &self.worker] {
            loop {
                let answer: Value = process.get("readyz").await?.json().await?;
                let parts = answer["parts"].as_array().cloned().unwrap_or_default();
                let found = parts.iter().find(|found| found["name"] == part);
                if found.is_some_and(|found| found["ready"] == is_ready) {
                    break;
                }
                ensure!(started.elapsed() < PATIENCE, "{answer}");
                sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }

    /// The run must end by the same processes, with every profile counted once.
    pub async fn ends_well(&mut self) -> Result<()> {
        self.caller.ends_well(&self.run, PROFILES).await?;
        self.api.still_runs()?;
        self.worker.still_runs()
    }
}
