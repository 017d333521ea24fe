//! An API and a worker whose logs are kept, and an export of profiles that carry a mark.

use std::path::PathBuf;

use anyhow::Result;
use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::cluster::caller::{Caller, text};
use crate::cluster::processes::Process;

/// What nobody may find anywhere: in an address, in an id, and in what is no address.
pub const PERSONAL: [&str; 3] = ["jane.doe.7391", "customer-7391", "no-address-7391"];
/// Profiles that get on the list; one more does not.
pub const GOOD: u32 = 2501;

pub struct Watched {
    pub api: Process,
    pub worker: Process,
    pub logs: [PathBuf; 2],
    pub caller: Caller,
    export: String,
    _cluster: Cluster,
}

impl Watched {
    /// With these settings. The first call that carries a batch is told to slow down.
    pub async fn start(settings: &[(&str, &str)]) -> Result<Self> {
        let cluster = Cluster::start(&[settings, &[("--retry-pause-ms", "10")]].concat()).await?;
        let (api, api_log) = cluster.play_logged("api").await?;
        let (worker, worker_log) = cluster.play_logged("worker").await?;
        let caller = Caller::new(vec![api.port]).await?;
        let connection = caller.add_connection("Newsletter").await?;
        caller.add_segment("Members", members()).await?;
        let export = caller.add_export("Members", &connection, LIST_ID).await?;
        let slow_down =
            json!({"match": {"path": "import"}, "kind": {"status": {"status": 429}}, "times": 1});
        cluster.campaign_monitor.faults(&[slow_down]).await?;
        let logs = [api_log, worker_log];
        Ok(Self { api, worker, logs, caller, export, _cluster: cluster })
    }

    /// Runs the export to its end, in a trace of the caller.
    pub async fn run(&self, traceparent: &str) -> Result<Value> {
        let path = format!("/exports/{}/runs", self.export);
        let start = self.caller.request(self.api.port, Method::POST, &path);
        let answer = start.header("traceparent", traceparent).send().await?.error_for_status()?;
        let path = format!("/runs/{}", text(&answer.json().await?, "runId")?);
        self.caller.ended(&path).await
    }

    /// What the processes measure.
    pub async fn metrics(&self) -> Result<[String; 2]> {
        let of = async |process: &Process| -> Result<String> {
            Ok(process.get("metrics").await?.error_for_status()?.text().await?)
        };
        Ok([of(&self.api).await?, of(&self.worker).await?])
    }

    /// Stops the processes, so that they have told everything.
    pub async fn stop(&mut self) -> Result<()> {
        self.api.terminate().await?;
        self.worker.terminate().await
    }
}

fn members() -> String {
    let [address, id, no_address] = PERSONAL;
    let first = format!(
        "CustomerId,Email,City\n{id},{address}@example.com,Riga\n{id}-b,{no_address},Riga\n"
    );
    let others = (1..GOOD).map(|row| format!("{row},p{row}@example.com,Riga\n"));
    std::iter::once(first).chain(others).collect()
}
