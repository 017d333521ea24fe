//! Nothing is lost, whatever happens: `make chaos`.
//!
//! Real processes export segments again and again while a seeded plan kills, stops and pauses them, crashes their
//! database and queue, and lets Campaign Monitor fail in every way. Most runs write to a list of their own, and at
//! their end are held against that list, their batches and their rejections (`audit.rs`). Others follow people who come
//! and leave every day, two exports to a list (`shared_list.rs`), which is held against what is known of everybody
//! (`list_audit.rs`). PostgreSQL itself keeps a record of who wrote to which run (`witness.rs`).
//! Usage: `cargo test --test chaos -- --seed 1 --events 40 --profiles 20000`.

mod audit;
#[path = "../cluster/mod.rs"]
#[expect(dead_code, reason = "the programs that share it use some of it each")]
mod cluster;
mod events;
mod ledger;
mod list_audit;
mod people;
mod report;
mod shared_list;
mod witness;
mod world;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::{Parser, ValueEnum};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::Value;
use tokio::select;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};
use tokio_util::sync::CancellationToken;

use cluster::caller::Caller;
use cluster::campaign_monitor::Desk;
use events::{Event, Happened, happen};
use ledger::{Ledger, SentAgain};
use shared_list::{Action, SharedList};
use witness::Witness;
use world::{Segment, World};

/// A plan, and how large everything is.
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
    /// Nothing but these events, in one half.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Event>,
    /// Once everything is well again: runs that are due and of which none has moved for so long are stuck.
    #[arg(long, default_value_t = 120)]
    patience_seconds: u64,
    /// With the leases and sweeps that are the default, which are slower: to measure takeovers.
    #[arg(long)]
    by_default: bool,
    /// Without lists that two exports follow.
    #[arg(long)]
    alone: bool,
}

impl Plan {
    /// What may happen in each part of the plan.
    fn parts(&self) -> Vec<Vec<Event>> {
        if !self.only.is_empty() {
            return vec![self.only.clone()];
        }
        let all = Event::value_variants().to_vec();
        let ours = all.iter().copied().filter(|event| *event != Event::FailCampaignMonitor);
        vec![ours.collect(), all]
    }
}

type Shared = Arc<Mutex<Ledger>>;

/// How often a run is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() -> Result<()> {
    let plan = Plan::parse();
    let mut random = StdRng::seed_from_u64(plan.seed);
    let mut world = World::start(plan.profiles, plan.by_default).await?;
    let (ledger, mut happened) = (Shared::default(), Happened::default());
    println!(
        "seed {}, {} events a part, {} segments of {} profiles",
        plan.seed,
        plan.events,
        world.segments.len(),
        plan.profiles
    );
    let mut sent_again = Vec::new();
    for among in plan.parts() {
        sent_again
            .push(part(&plan, &among, &mut world, &ledger, &mut happened, &mut random).await?);
    }
    let takeovers = world.witness.takeovers(&happened.worker_kills).await?;
    let trespasses = world.witness.trespasses().await?;
    let open = world.witness.open().await?;
    let ledger = ledger.lock().expect("no panic while locked");
    report::print(&ledger, &happened, &sent_again, &takeovers, world.lease, &trespasses);
    for run in &open {
        println!("  {run}");
    }
    ensure!(ledger.started == ledger.ended, "runs are stuck");
    ensure!(ledger.lost == 0, "profiles are lost");
    ensure!(ledger.counted_twice == 0, "profiles are counted twice");
    ensure!(ledger.removed_by_mistake == 0, "people are removed by mistake");
    ensure!(ledger.mailed_after_a_no == 0, "people who unsubscribed are on a list again");
    ensure!(trespasses.is_empty(), "a process wrote to a run that it did not hold");
    ensure!(ledger.breaches.is_empty(), "something else is not as it must be");
    let is_removing = ledger.removed > 0 && ledger.exact_days > 0;
    ensure!(plan.alone || is_removing, "nobody who left was removed");
    Ok(())
}

/// A part of the plan: events while every segment is exported again and again, then quiet until all runs have ended.
async fn part(
    plan: &Plan,
    among: &[Event],
    world: &mut World,
    ledger: &Shared,
    happened: &mut Happened,
    random: &mut StdRng,
) -> Result<SentAgain> {
    world.cluster.campaign_monitor.faults(&[]).await?;
    let unanswered = world.cluster.campaign_monitor.unanswered().await?;
    let calm = CancellationToken::new();
    let mut followers = JoinSet::new();
    for segment in &world.segments {
        let (caller, desk) = (world.caller.clone(), world.cluster.campaign_monitor.desk.clone());
        followers.spawn(follow(caller, desk, segment.clone(), ledger.clone(), calm.clone()));
    }
    for action in Action::ALL.into_iter().filter(|_| !plan.alone) {
        let (caller, desk) = (&world.caller, &world.cluster.campaign_monitor.desk);
        let shared = SharedList::start(caller, desk, action, random.random()).await?;
        followers.spawn(shared.follow(ledger.clone(), calm.clone()));
    }
    for _ in 0..plan.events {
        sleep(Duration::from_millis(random.random_range(200..1500))).await;
        let event = Event::choose(among, random);
        println!("  {}", happen(event, world, happened, random).await?);
    }
    calm.cancel();
    end(followers, &world.witness, ledger, Duration::from_secs(plan.patience_seconds)).await?;
    let unanswered = world.cluster.campaign_monitor.unanswered().await? - unanswered;
    let lost_attempts = world.witness.lost_attempts().await?;
    Ok(ledger.lock().expect("no panic while locked").sent_again(&lost_attempts, unanswered))
}

/// Waits until the last runs have ended; those that do not move any more are left alone, unless they have been put
/// aside until a time that is still to come.
async fn end(
    mut followers: JoinSet<Result<()>>,
    witness: &Witness,
    ledger: &Shared,
    patience: Duration,
) -> Result<()> {
    let mut looks = interval(LOOK_EVERY);
    loop {
        select! {
            ended = followers.join_next() => match ended {
                Some(ended) => ended??,
                None => return Ok(()),
            },
            _ = looks.tick() => {
                let idle_for = ledger.lock().expect("no panic while locked").idle_for();
                if idle_for > patience && !witness.pausing().await? {
                    return Ok(());
                }
            }
        }
    }
}

/// Exports one segment again and again until it is to be calm, and looks at the runs all the time.
async fn follow(
    caller: Caller,
    desk: Desk,
    segment: Arc<Segment>,
    ledger: Shared,
    calm: CancellationToken,
) -> Result<()> {
    while !calm.is_cancelled() {
        let list = desk.add_list(&["city"]).await?;
        let export = caller.add_export(&segment.name, &segment.connection, &list).await?;
        let run = caller.start_run(&export).await?;
        ledger.lock().expect("no panic while locked").started += 1;
        let run = watch(&caller, &run, &ledger).await?;
        let audit = audit::audit(&caller, &desk, &run, &list, &segment.expected).await?;
        ledger.lock().expect("no panic while locked").close(audit);
        desk.remove_list(&list).await?;
    }
    Ok(())
}

/// Looks at a run until it has ended.
async fn watch(caller: &Caller, run: &str, ledger: &Shared) -> Result<Value> {
    loop {
        let run = caller.call(Method::GET, run, None).await?;
        ledger.lock().expect("no panic while locked").look(&run);
        if !run["endUtc"].is_null() {
            return Ok(run);
        }
        sleep(LOOK_EVERY).await;
    }
}
