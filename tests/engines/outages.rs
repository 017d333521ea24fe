//! An engine that goes away: calls are answered in clear words, and work goes on when it is back, without a restart.

use std::time::Duration;

use anyhow::{Result, ensure};
use reqwest::{Method, Response};
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use crate::cluster::Cluster;
use crate::cluster::caller::{Caller, text};
use crate::cluster::processes::Process;
use crate::cluster::runs::{PATIENCE, members};

/// Quick to give up and to look again, so that tests are short.
const SETTINGS: [(&str, &str); 6] = [
    ("--database-statement-ms", "2000"),
    ("--drain-ms", "2000"),
    ("--lease-ms", "2000"),
    ("--sweep-ms", "250"),
    ("--run-pause-ms", "250"),
    ("--stalls-max", "100"),
];
const PROFILES: i64 = 20_000;
/// So long the kubelet waits for `/readyz`, and Prometheus for `/metrics`.
const PROBED_WITHIN: Duration = Duration::from_secs(10);
/// Exports that run together: so many that a caller would give up if each waited for Redis.
const EXPORTS: usize = 20;
const FEW: i64 = 10;

/// An API and a worker, and an export to run.
struct Service {
    cluster: Cluster,
    api: Process,
    worker: Process,
    caller: Caller,
    export: String,
}

impl Service {
    async fn start() -> Result<Self> {
        Self::start_with_wait("500").await
    }

    /// With so many milliseconds to wait for a connection of the database or a lock.
    async fn start_with_wait(milliseconds: &str) -> Result<Self> {
        let mut cluster = Cluster::start(&SETTINGS).await?;
        cluster.settings.extend(["--database-wait-ms".into(), milliseconds.into()]);
        let (api, worker) =
            (cluster.play("api", "api").await?, cluster.play("worker", "worker").await?);
        let caller = Caller::new(vec![api.port]).await?;
        let connection = caller.add_connection("Newsletter").await?;
        caller.add_segment("Members", members(PROFILES)).await?;
        let export = caller.add_export("Members", &connection, LIST_ID).await?;
        cluster.campaign_monitor.faults(&[]).await?;
        Ok(Self { cluster, api, worker, caller, export })
    }

    /// Starts a run; the path to look at it.
    async fn run(&self) -> Result<String> {
        self.caller.start_run(&self.export).await
    }

    /// Waits for the end of the run, which must have exported everything, by the processes it began with.
    async fn ends_well(&mut self, run: &str) -> Result<()> {
        self.caller.ends_well(run, PROFILES).await?;
        self.api.still_runs()?;
        self.worker.still_runs()
    }

    /// Which parts `/readyz` of a process calls not ready.
    async fn unready(process: &Process) -> Result<Vec<String>> {
        let answer: Value = process.get("readyz").await?.json().await?;
        let parts = answer["parts"].as_array().cloned().unwrap_or_default();
        let unready = parts.iter().filter(|part| part["ready"] == false);
        unready.map(|part| text(part, "name")).collect()
    }
}

/// Waits until a process shows this line among its metrics.
async fn metric(process: &Process, line: &str) -> Result<()> {
    let started = Instant::now();
    loop {
        let metrics = process.get("metrics").await?.text().await?;
        if metrics.lines().any(|found| found == line) {
            return Ok(());
        }
        ensure!(started.elapsed() < PATIENCE, "no {line} in {metrics}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// The answer must be a 503 that says when to come back.
async fn assert_unavailable(answer: Response) -> Result<()> {
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("Retry-After"));
    let problem: Value = answer.json().await?;
    assert_eq!(problem["errorCode"], "unavailable", "{problem}");
    Ok(())
}

#[tokio::test]
async fn without_postgresql_calls_are_told_to_come_back_and_runs_go_on_when_it_is_there_again()
-> Result<()> {
    let mut service = Service::start().await?;
    let run = service.run().await?;
    service.caller.is_under_way(&run).await?;

    service.cluster.postgres.crash().await?;
    assert_unavailable(service.caller.once(Method::GET, &run).await?).await?;
    let start = format!("/exports/{}/runs", service.export);
    assert_unavailable(service.caller.once(Method::POST, &start).await?).await?;
    assert_eq!(Service::unready(&service.api).await?, ["database"]);
    assert_eq!(Service::unready(&service.worker).await?, ["database"]);
    assert_eq!(service.api.get("livez").await?.status(), 200);
    metric(&service.api, "segment_export_runs_due NaN").await?;
    service.cluster.postgres.start_again().await?;

    service.ends_well(&run).await?;
    assert!(Service::unready(&service.api).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_postgresql_that_says_nothing_is_not_waited_for_without_end_and_runs_go_on_when_it_speaks()
-> Result<()> {
    let mut service = Service::start().await?;
    let mut idle = service.cluster.play("a worker that is told to stop", "worker").await?;
    let run = service.run().await?;
    service.caller.is_under_way(&run).await?;

    service.cluster.postgres.signal("STOP")?;
    assert_unavailable(service.caller.once(Method::GET, &run).await?).await?;
    let start = format!("/exports/{}/runs", service.export);
    assert_unavailable(service.caller.once(Method::POST, &start).await?).await?;
    for process in [&service.api, &service.worker] {
        assert_eq!(timeout(PROBED_WITHIN, Service::unready(process)).await??, ["database"]);
        let metrics = timeout(PROBED_WITHIN, process.get("metrics")).await??.text().await?;
        assert!(metrics.contains("segment_export_runs_due NaN"), "{metrics}");
    }
    idle.terminate().await?;
    // Connections that say nothing are closed, so that their places in the pool are free.
    metric(&service.api, "segment_export_database_connections{state=\"used\"} 0").await?;
    service.cluster.postgres.signal("CONT")?;

    service.ends_well(&run).await?;
    assert!(Service::unready(&service.api).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn without_redis_runs_are_taken_and_carried_out_all_the_same() -> Result<()> {
    let mut service = Service::start().await?;
    service.cluster.redis.crash().await?;
    assert_eq!(Service::unready(&service.api).await?, ["queue"]);
    assert_eq!(service.api.get("readyz").await?.status(), 200, "it still answers calls");
    service.worker.terminate().await?;
    service.worker = service.cluster.play("a worker that begins without it", "worker").await?;
    let run = service.run().await?;
    service.ends_well(&run).await?;

    service.cluster.redis.start_again().await?;
    let started = Instant::now();
    while !Service::unready(&service.worker).await?.is_empty() {
        ensure!(started.elapsed() < PATIENCE, "Redis is not found again");
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

#[tokio::test]
async fn a_redis_that_hangs_holds_up_neither_calls_nor_runs_for_long() -> Result<()> {
    let mut service = Service::start().await?;
    service.caller.add_segment("Few", members(FEW)).await?;
    for number in 0..EXPORTS {
        let connection = service.caller.add_connection(&format!("Connection {number}")).await?;
        let export = service.caller.add_export("Few", &connection, LIST_ID).await?;
        let (path, refresh) =
            (format!("/exports/{export}/schedule"), json!({"kind": "systemRefresh"}));
        service.caller.call(Method::PUT, &path, Some(refresh)).await?;
    }
    service.cluster.redis.signal("STOP").await?;
    for process in [&service.api, &service.worker] {
        let ready = timeout(PROBED_WITHIN, process.get("readyz")).await??;
        assert_eq!(ready.status(), 200, "neither calls nor runs need it");
        assert_eq!(timeout(PROBED_WITHIN, Service::unready(process)).await??, ["queue"]);
        let metrics = timeout(PROBED_WITHIN, process.get("metrics")).await??.text().await?;
        assert!(metrics.contains("segment_export_queue_hints NaN"), "{metrics}");
    }
    let run = service.run().await?;
    let all = service.caller.request(service.api.port, Method::POST, "/runs");
    let all = all.json(&json!({"scope": "all"})).send().await?.error_for_status()?;
    let all: Value = all.json().await?;
    assert_eq!(all["started"].as_array().map(Vec::len), Some(EXPORTS), "{all}");
    service.ends_well(&run).await?;
    for run in all["started"].as_array().into_iter().flatten() {
        service.caller.ends_well(&format!("/runs/{}", text(run, "runId")?), FEW).await?;
    }
    service.cluster.redis.signal("CONT").await?;
    Ok(())
}

#[tokio::test]
async fn when_every_connection_waits_for_a_lock_further_calls_are_told_to_come_back() -> Result<()>
{
    let mut service = Service::start().await?;
    service.api.terminate().await?;
    service.cluster.settings.extend(["--database-connections".into(), "1".into()]);
    service.api = service.cluster.play("api", "api").await?;
    service.caller.ports = vec![service.api.port];

    let lock = service.cluster.postgres.hold("LOCK TABLE connections", 5).await?;
    let calls = (0..4).map(|_| service.caller.once(Method::GET, "/connections"));
    for answer in futures::future::join_all(calls).await {
        let answer = answer?;
        // Who waits for the share of its own instance has made too many calls; the others have no database.
        assert!([429, 503].contains(&answer.status().as_u16()), "{answer:?}");
        assert!(answer.headers().contains_key("Retry-After"), "{answer:?}");
    }
    lock.wait_with_output().await?;
    let listed = service.caller.call(Method::GET, "/connections", None).await?;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    Ok(())
}

#[tokio::test]
async fn a_run_waits_for_a_storage_that_fails() -> Result<()> {
    let mut service = Service::start().await?;
    service.cluster.storage.fail()?;
    let run = service.run().await?;
    service.caller.until(&run, |run| run["reason"]["code"] == "storageUnavailable").await?;
    assert_eq!(Service::unready(&service.worker).await?, ["storage"]);
    service.cluster.storage.recover()?;
    service.ends_well(&run).await
}

#[tokio::test]
async fn what_redis_holds_is_no_reason_to_lose_or_repeat_a_run() -> Result<()> {
    let mut service = Service::start().await?;
    let run = service.run().await?;
    service.cluster.redis.flush().await?;
    service.ends_well(&run).await?;
    let sent = service.cluster.campaign_monitor.count("calls", "/recordsReceived").await?;
    assert_eq!(json!(sent), PROFILES);
    Ok(())
}

#[tokio::test]
async fn a_run_whose_worker_is_killed_is_carried_on_by_another() -> Result<()> {
    let mut service = Service::start().await?;
    let run = service.run().await?;
    service.caller.is_under_way(&run).await?;
    service.worker.kill().await?;
    service.worker = service.cluster.play("another worker", "worker").await?;
    service.ends_well(&run).await?;
    metric(&service.worker, "segment_export_run_takeovers_total 1").await
}

#[tokio::test]
async fn a_worker_that_is_held_in_the_middle_of_a_checkpoint_does_not_keep_its_run_from_others()
-> Result<()> {
    let mut service = Service::start_with_wait("3000").await?;
    let postgres = &service.cluster.postgres;
    let _holder = postgres.hold("LOCK TABLE batches IN EXCLUSIVE MODE", 60).await?;
    let run = service.run().await?;
    let activity = "SELECT FROM pg_stat_activity WHERE application_name = 'segment-export'";
    postgres.until(&format!("{activity} AND wait_event_type = 'Lock'")).await?;
    service.worker.signal("STOP").await?;
    postgres.let_go().await?;
    postgres.until(&format!("{activity} AND state = 'idle in transaction'")).await?;

    let other = service.cluster.play("another worker", "worker").await?;
    let held = std::mem::replace(&mut service.worker, other);
    service.ends_well(&run).await?;
    held.signal("CONT").await?;
    metric(&held, "segment_export_runs_active 0").await
}

#[tokio::test]
async fn a_worker_that_was_held_past_its_lease_stops_and_says_so_in_its_metrics() -> Result<()> {
    let mut service = Service::start().await?;
    let run = service.run().await?;
    service.caller.is_under_way(&run).await?;
    service.worker.signal("STOP").await?;
    let other = service.cluster.play("another worker", "worker").await?;
    let held = std::mem::replace(&mut service.worker, other);
    service.ends_well(&run).await?;
    held.signal("CONT").await?;
    metric(&held, "segment_export_leases_lost_total 1").await?;
    metric(&held, "segment_export_runs_active 0").await
}
