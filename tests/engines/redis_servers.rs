//! A Redis of several servers: Sentinels that name the primary, and a cluster. One server takes over from another in
//! the middle of a run; afterwards the hints go to the new one, without a restart.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::cluster::Cluster;
use crate::cluster::runs::PATIENCE;
use crate::cluster::services::{free_port, wait_for};
use crate::programs::{run, succeed};
use crate::under_way::{PROFILES, UnderWay};

const SETTINGS: [(&str, &str); 4] = [
    ("--lease-ms", "2000"),
    ("--sweep-ms", "250"),
    ("--run-pause-ms", "250"),
    ("--stalls-max", "100"),
];
const KEY: &str = "segment-export:runs:due";

/// A process of `redis-server`, with a folder of its own.
struct Node {
    port: u16,
    process: Child,
    _folder: TempDir,
}

impl Node {
    /// With these lines of its settings.
    async fn start(lines: &str, arguments: &[&str]) -> Result<Self> {
        let (folder, port) = (TempDir::new()?, free_port()?);
        let settings = folder.path().join("redis.conf");
        std::fs::write(&settings, format!("port {port}\nbind 127.0.0.1\n{lines}\n"))?;
        let mut command = Command::new("redis-server");
        command.arg(settings).args(arguments).current_dir(folder.path()).stdout(Stdio::null());
        let node = Self { port, process: command.kill_on_drop(true).spawn()?, _folder: folder };
        wait_for(port).await?;
        Ok(node)
    }

    async fn ask(&self, arguments: &[&str]) -> String {
        let port = self.port.to_string();
        let output = run("redis-cli", &[&["-p", &port], arguments].concat(), "/").await;
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Waits until it answers so.
    async fn until(&self, arguments: &[&str], expected: &str) -> Result<()> {
        let started = Instant::now();
        while !self.ask(arguments).await.contains(expected) {
            ensure!(started.elapsed() < PATIENCE, "{arguments:?} has no {expected}");
            sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Whether it is the one that has taken hints.
    async fn has_taken_hints(&self) -> bool {
        self.ask(&["INFO", "commandstats"]).await.contains("cmdstat_zadd")
    }
}

/// The service at this Redis, in the middle of a run.
struct Service {
    under_way: UnderWay,
    cluster: Cluster,
}

impl Service {
    async fn start(redis_url: &str) -> Result<Self> {
        let mut cluster = Cluster::start(&SETTINGS).await?;
        let at = cluster.settings.iter().position(|setting| setting == "--redis-url");
        redis_url.clone_into(&mut cluster.settings[at.context("no Redis")? + 1]);
        Ok(Self { under_way: UnderWay::start(&cluster).await?, cluster })
    }

    /// The run must end, and another one must be hinted at by the Redis that has taken over.
    async fn goes_on_at(&mut self, now: &Node) -> Result<()> {
        self.under_way.ends_well().await?;
        self.under_way.becomes("queue", true).await?;
        // As a replica it has repeated hints.
        now.ask(&["CONFIG", "RESETSTAT"]).await;
        let UnderWay { api, worker, caller, export, .. } = &mut self.under_way;
        let run = caller.start_run(export).await?;
        caller.ends_well(&run, PROFILES).await?;
        ensure!(now.has_taken_hints().await, "no hint went to the new primary");
        api.still_runs()?;
        worker.still_runs()
    }
}

#[tokio::test]
async fn sentinels_name_the_server_that_took_over_in_the_middle_of_a_run() -> Result<()> {
    let mut primary = Node::start("save \"\"", &[]).await?;
    let old = primary.port;
    let replica = Node::start(&format!("save \"\"\nreplicaof 127.0.0.1 {old}"), &[]).await?;
    primary.until(&["INFO", "replication"], "state=online").await?;
    let watch = format!(
        "sentinel monitor main 127.0.0.1 {old} 1\nsentinel down-after-milliseconds main 1000\n\
         sentinel failover-timeout main 3000"
    );
    let sentinel = Node::start(&watch, &["--sentinel"]).await?;
    sentinel.until(&["SENTINEL", "REPLICAS", "main"], &replica.port.to_string()).await?;
    // One of two Sentinels is away.
    let url = format!("redis+sentinel://127.0.0.1:1,127.0.0.1:{}/main", sentinel.port);
    let mut service = Service::start(&url).await?;
    ensure!(primary.has_taken_hints().await, "the first hint went elsewhere");

    primary.process.kill().await?;
    replica.until(&["ROLE"], "master").await?;
    service.goes_on_at(&replica).await
}

#[tokio::test]
async fn a_node_of_a_cluster_takes_over_the_hints_of_another_in_the_middle_of_a_run() -> Result<()>
{
    const NODES: usize = 6;
    let lines = "save \"\"\nrepl-diskless-sync-delay 0\ncluster-enabled yes\ncluster-node-timeout 1000\ncluster-port";
    let mut nodes = Vec::new();
    for _ in 0..NODES {
        // By default 10,000 above the other port, where outgoing connections are.
        nodes.push(Node::start(&format!("{lines} {}", free_port()?), &[]).await?);
    }
    let hosts: Vec<_> = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
    let create = "--cluster create --cluster-replicas 1 --cluster-yes";
    let script = format!("redis-cli {create} {}", hosts.join(" "));
    succeed("sh", &["-c", &script], "/").await;
    for node in &nodes {
        node.until(&["CLUSTER", "INFO"], "cluster_state:ok").await?;
        // A replica that has copied nothing yet takes over from nobody.
        let replicates = if node.ask(&["ROLE"]).await.contains("slave") {
            "link_status:up"
        } else {
            "state=online"
        };
        node.until(&["INFO", "replication"], replicates).await?;
    }
    let mut service = Service::start(&format!("redis://{}", hosts.join(","))).await?;

    let mut owner = None;
    for (index, node) in nodes.iter().enumerate() {
        owner = owner.or((!node.ask(&["ZCARD", KEY]).await.contains("MOVED")).then_some(index));
    }
    let mut owner = nodes.swap_remove(owner.context("no node has the key")?);
    ensure!(owner.has_taken_hints().await, "the first hint went elsewhere");
    owner.process.kill().await?;
    let started = Instant::now();
    let heir = 'found: loop {
        for node in &nodes {
            let answer = node.ask(&["ZCARD", KEY]).await;
            if !answer.contains("MOVED") && !answer.contains("CLUSTERDOWN") {
                break 'found node;
            }
        }
        ensure!(started.elapsed() < PATIENCE, "no node takes over");
        sleep(Duration::from_millis(100)).await;
    };
    service.goes_on_at(heir).await?;
    drop(service.cluster);
    Ok(())
}
