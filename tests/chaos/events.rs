//! What may happen to the service and to what it leans on, and how often.

use std::time::Duration;

use anyhow::Result;
use chrono::Utc;
use clap::ValueEnum;
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::witness::Kill;
use crate::world::{ENGINE_MAX, World};

/// One thing that happens, and is put right again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Event {
    /// `kill -9`; another process takes its place.
    KillWorker,
    /// `kill -9`; another process takes its place.
    KillApi,
    /// SIGTERM; another process takes its place.
    StopWorker,
    /// SIGSTOP for longer than its lease, then SIGCONT.
    HoldWorker,
    /// `kill -9`; another process takes its place.
    KillScheduler,
    EmptyRedis,
    RestartRedis,
    /// SIGSTOP for longer than anybody waits for it.
    HoldRedis,
    /// `pg_ctl stop -m immediate`, then a start.
    CrashPostgres,
    /// SIGSTOP of it and of every connection, for longer than a lease and than anybody waits for it.
    HoldPostgres,
    /// Every read is an error for a while.
    FailStorage,
    /// 429 in storms, 500, connections cut before and after storing, half answers, hangs.
    FailCampaignMonitor,
}

use Event::{
    CrashPostgres, EmptyRedis, FailCampaignMonitor, FailStorage, HoldPostgres, HoldRedis,
    HoldWorker, KillApi, KillScheduler, KillWorker, RestartRedis, StopWorker,
};

impl Event {
    /// How often it is chosen, beside the others.
    const fn weight(self) -> u32 {
        match self {
            KillWorker => 5,
            FailCampaignMonitor => 4,
            KillApi => 2,
            StopWorker | HoldWorker | KillScheduler | EmptyRedis | RestartRedis | HoldRedis
            | CrashPostgres | HoldPostgres | FailStorage => 1,
        }
    }

    /// Chooses one of those that may happen.
    pub fn choose(among: &[Self], random: &mut StdRng) -> Self {
        *among
            .choose_weighted(random, |event| event.weight())
            .expect("something may happen, and every weight is above zero")
    }
}

/// What has happened so far.
#[derive(Default)]
pub struct Happened {
    pub worker_kills: Vec<Kill>,
    pub api_kills: usize,
    pub others: usize,
}

/// Lets one thing happen, and puts it right again. Tells it in words.
pub async fn happen(
    event: Event,
    world: &mut World,
    happened: &mut Happened,
    random: &mut StdRng,
) -> Result<String> {
    let pause = Duration::from_millis(random.random_range(50..1000));
    let worker = random.random_range(0..world.workers.len());
    let api = random.random_range(0..world.apis.len());
    let fault = fault(random);
    let (worker, api) = (&mut world.workers[worker], &mut world.apis[api]);
    let cluster = &mut world.cluster;
    happened.others += usize::from(!matches!(event, KillWorker | KillApi));
    Ok(match event {
        KillWorker => {
            happened.worker_kills.push(Kill { process: worker.name.clone(), at: Utc::now() });
            worker.kill().await?;
            sleep(pause).await;
            worker.start_again().await?;
            format!("{} was killed", worker.name)
        }
        KillApi => {
            happened.api_kills += 1;
            api.kill().await?;
            sleep(pause).await;
            api.start_again().await?;
            format!("{} was killed", api.name)
        }
        StopWorker => {
            worker.terminate().await?;
            worker.start_again().await?;
            format!("{} was asked to stop", worker.name)
        }
        HoldWorker => {
            worker.signal("STOP").await?;
            sleep(world.lease + pause).await;
            worker.signal("CONT").await?;
            format!("{} was held longer than its lease", worker.name)
        }
        KillScheduler => {
            world.scheduler.kill().await?;
            sleep(pause).await;
            world.scheduler.start_again().await?;
            "the scheduler was killed".to_owned()
        }
        EmptyRedis => {
            cluster.redis.flush().await?;
            "Redis was emptied".to_owned()
        }
        RestartRedis => {
            cluster.redis.crash().await?;
            sleep(pause).await;
            cluster.redis.start_again().await?;
            "Redis was restarted".to_owned()
        }
        HoldRedis => {
            cluster.redis.signal("STOP").await?;
            sleep(ENGINE_MAX + pause).await;
            cluster.redis.signal("CONT").await?;
            "Redis was held".to_owned()
        }
        CrashPostgres => {
            cluster.postgres.crash().await?;
            sleep(pause).await;
            cluster.postgres.start_again().await?;
            "PostgreSQL crashed".to_owned()
        }
        HoldPostgres => {
            cluster.postgres.signal("STOP")?;
            sleep(ENGINE_MAX + pause).await;
            cluster.postgres.signal("CONT")?;
            "PostgreSQL was held".to_owned()
        }
        FailStorage => {
            cluster.storage.fail()?;
            sleep(2 * pause).await;
            cluster.storage.recover()?;
            "the storage failed".to_owned()
        }
        FailCampaignMonitor => {
            cluster.campaign_monitor.faults(std::slice::from_ref(&fault)).await?;
            sleep(2 * pause).await;
            cluster.campaign_monitor.faults(&[]).await?;
            format!("Campaign Monitor failed: {}", fault["kind"])
        }
    })
}

fn fault(random: &mut StdRng) -> Value {
    let kinds = [
        json!({"status": {"status": 429, "retryAfterSeconds": 1}}),
        json!({"status": {"status": 500}}),
        json!("dropBefore"),
        json!("dropAfter"),
        json!("halfAnswer"),
        json!({"hang": {}}),
    ];
    let kind = &kinds[random.random_range(0..kinds.len())];
    // Deletions and reads of single people are on this path, too.
    let path = ["import", "subscribers"][random.random_range(0..2)];
    json!({"match": {"path": path}, "kind": kind, "every": random.random_range(1..4)})
}
