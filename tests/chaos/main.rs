//! Nothing is lost, whatever happens: `make chaos`.
//!
//! Real processes export segments again and again while a seeded plan kills, stops and pauses them, crashes their
//! database and queue, and lets Campaign Monitor fail in every way. In the end every profile of every run must be
//! accounted for exactly. Usage: `cargo test --test chaos -- --seed 1 --events 40 --profiles 20000`.

#[path = "../cluster/mod.rs"]
mod cluster;
mod ledger;
mod world;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use segment_export::campaign_monitor::sandbox::LIST_ID;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use cluster::caller::{Caller, text};
use ledger::{Expected, Ledger};
use world::{CONNECTIONS, LEASE, UPLOADS_IN_FLIGHT, World};

/// The longest that runs may take to end once everything is well again.
const CALM_MAX: Duration = Duration::from_mins(5);

#[derive(Parser)]
struct Plan {
    /// The same seed makes the same plan.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Events in each half: first without, then with faults of Campaign Monitor.
    #[arg(long, default_value_t = 40)]
    events: usize,
    /// Profiles of a segment, one in a hundred of them flawed.
    #[arg(long, default_value_t = 200_000)]
    profiles: usize,
}

type Shared = Arc<Mutex<Ledger>>;

#[tokio::main]
async fn main() -> Result<()> {
    let plan = Plan::parse();
    let mut random = StdRng::seed_from_u64(plan.seed);
    let mut world = World::start(plan.profiles).await?;
    let ledger = Shared::default();
    println!(
        "seed {}, {} events twice, {} exports of {} profiles",
        plan.seed,
        plan.events,
        world.exports.len(),
        plan.profiles
    );

    let (kills, again) = half(&mut world, &ledger, &mut random, plan.events, false).await?;
    let sent_again =
        format!("{again} in all, {} for each disturbance", again / i64::try_from(kills.max(1))?);
    let bound = i64::try_from(kills * CONNECTIONS)? * UPLOADS_IN_FLIGHT * 1000;
    let (more_kills, _) = half(&mut world, &ledger, &mut random, plan.events, true).await?;
    let listed = world
        .cluster
        .campaign_monitor
        .count(&format!("lists/{LIST_ID}/digest"), "/states/Active")
        .await?;
    let expected_listed = i64::try_from(world.exports.len())? * world.expected.good;

    let mut ledger = ledger.lock().expect("no panic while locked");
    let (median, longest) = ledger.takeover();
    println!("runs started / ended            {} / {}", ledger.started, ledger.ended);
    println!("profiles expected / accounted   {} / {}", ledger.expected, ledger.accounted);
    println!("on the list, and expected there {listed} / {expected_listed}");
    println!("lost                            {}", ledger.lost);
    println!("counted twice                   {}", ledger.counted_twice);
    println!("disturbances                    {}", kills + more_kills);
    println!("sent again, first half          {sent_again}; at most {bound}");
    println!(
        "runs taken over                 {}: median {median:.1?}, longest {longest:.1?}",
        ledger.takeovers.len()
    );
    println!("breaches                        {}", ledger.breaches.len());
    for breach in ledger.breaches.iter().take(5) {
        println!("  {breach}");
    }
    ensure!(ledger.started == ledger.ended, "runs are stuck");
    ensure!(
        ledger.lost == 0 && ledger.counted_twice == 0 && ledger.breaches.is_empty(),
        "profiles are not accounted for"
    );
    ensure!(listed == expected_listed, "the list is not what it should be");
    ensure!(again <= bound, "more was sent again than may have been in flight");
    Ok(())
}

/// Half of the plan: events while every export runs again and again, then quiet until all runs have ended. Returns
/// the disturbances, and the records that were sent more than once.
async fn half(
    world: &mut World,
    ledger: &Shared,
    random: &mut StdRng,
    events: usize,
    with_faults: bool,
) -> Result<(usize, i64)> {
    world.cluster.campaign_monitor.faults(&[]).await?;
    let (received, ended) = (
        world.cluster.campaign_monitor.count("calls", "/recordsReceived").await?,
        ledger.lock().expect("no panic while locked").ended,
    );
    let calm = CancellationToken::new();
    let mut followers = Vec::new();
    for export in &world.exports {
        let follower = follow(
            world.caller.clone(),
            export.clone(),
            world.expected,
            ledger.clone(),
            calm.clone(),
        );
        followers.push(tokio::spawn(follower));
    }
    let mut disturbances = 0;
    for _ in 0..events {
        sleep(Duration::from_millis(random.random_range(200..1500))).await;
        let name = event(world, ledger, random, with_faults).await?;
        println!("  {name}");
        disturbances += usize::from(!name.starts_with("Campaign Monitor"));
    }
    world.cluster.campaign_monitor.faults(&[]).await?;
    calm.cancel();
    for follower in followers {
        timeout(CALM_MAX, follower).await.context("a run is stuck")???;
    }
    let received =
        world.cluster.campaign_monitor.count("calls", "/recordsReceived").await? - received;
    let ended = ledger.lock().expect("no panic while locked").ended - ended;
    Ok((disturbances, received - i64::try_from(ended)? * world.expected.good))
}

/// Runs one export again and again until it is to be calm, and looks at its runs all the time.
async fn follow(
    caller: Caller,
    export: String,
    expected: Expected,
    ledger: Shared,
    calm: CancellationToken,
) -> Result<()> {
    while !calm.is_cancelled() {
        let run = caller.call(Method::POST, &format!("/exports/{export}/runs"), None).await?;
        let path = format!("/runs/{}", text(&run, "runId")?);
        ledger.lock().expect("no panic while locked").started += 1;
        loop {
            let run = caller.call(Method::GET, &path, None).await?;
            if note(&ledger, &run, expected) {
                break;
            }
            sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(())
}

/// Looks at a run; tells whether it has ended.
fn note(ledger: &Shared, run: &Value, expected: Expected) -> bool {
    let mut ledger = ledger.lock().expect("no panic while locked");
    ledger.look(run);
    let has_ended = !run["endUtc"].is_null();
    if has_ended {
        ledger.close(run, expected);
    }
    has_ended
}

/// Lets one thing happen, and puts it right again.
async fn event(
    world: &mut World,
    ledger: &Shared,
    random: &mut StdRng,
    with_faults: bool,
) -> Result<String> {
    let pause = Duration::from_millis(random.random_range(50..1000));
    let (worker, api) =
        (random.random_range(0..world.workers.len()), random.random_range(0..world.apis.len()));
    let kind = random.random_range(0..if with_faults { 17 } else { 11 });
    ledger.lock().expect("no panic while locked").disturb();
    Ok(match kind {
        0..=3 => {
            let worker = &mut world.workers[worker];
            worker.kill().await?;
            sleep(pause).await;
            worker.start_again().await?;
            format!("{} was killed", worker.name)
        }
        4 => {
            let api = &mut world.apis[api];
            api.kill().await?;
            sleep(pause).await;
            api.start_again().await?;
            format!("{} was killed", api.name)
        }
        5 => {
            let worker = &mut world.workers[worker];
            worker.terminate().await?;
            worker.start_again().await?;
            format!("{} was asked to stop", worker.name)
        }
        6 => {
            let worker = &world.workers[worker];
            worker.signal("STOP").await?;
            sleep(LEASE + pause).await;
            worker.signal("CONT").await?;
            format!("{} was held longer than its lease", worker.name)
        }
        7 => {
            world.cluster.redis.flush().await?;
            "Redis was emptied".to_owned()
        }
        8 => {
            world.cluster.redis.crash().await?;
            sleep(pause).await;
            world.cluster.redis.start_again().await?;
            "Redis was restarted".to_owned()
        }
        9 => {
            world.cluster.postgres.crash().await?;
            sleep(pause).await;
            world.cluster.postgres.start_again().await?;
            "PostgreSQL crashed".to_owned()
        }
        10 => {
            world.cluster.storage.fail()?;
            sleep(2 * pause).await;
            world.cluster.storage.recover()?;
            "the storage failed".to_owned()
        }
        _ => {
            let fault = fault(random);
            world.cluster.campaign_monitor.faults(std::slice::from_ref(&fault)).await?;
            sleep(2 * pause).await;
            world.cluster.campaign_monitor.faults(&[]).await?;
            format!("Campaign Monitor: {}", fault["kind"])
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
    json!({"match": {"path": "import"}, "kind": kind, "every": random.random_range(1..4)})
}
