//! `support-bundle`: an archive for who helps you, without secrets and without anything of a person.

mod archive;
mod mask;
mod tail;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use url::Url;

use self::archive::Archive;
use self::mask::without_addresses;
use crate::api::operator::gather::{self, DAY};
use crate::api::operator::views::{ObservedInstanceView, ObservedRunView};
use crate::config::Config;
use crate::db::{self, Db, Time};
use crate::overview::store_runs::ObservedQuery;
use crate::overview::{store_instances, store_runs, store_schema};
use crate::service::open_existing_db;

/// The last runs, and the instances, that the archive has.
const RUNS_MAX: i64 = 1000;
const INSTANCES_MAX: i64 = 1000;
/// How long a process may take to answer with its metrics.
const METRICS_MAX: Duration = Duration::from_secs(10);

const README: &str = "\
Made by `segment-export support-bundle`. It has no secrets, no names that callers gave, and nothing about members.

versions.json    program, time zones, migrations of the database
settings.txt     every setting; secrets are replaced, and so is what looks like an address of e-mail
overview.json    processes, runs, planned times, alerts and messages in numbers (as GET /v1/operator/overview)
instances.json   each instance in numbers (as GET /v1/operator/instances)
runs.ndjson      the last runs with the codes of their reasons (as GET /v1/operator/runs)
metrics/         what processes measure, of those that were named
log.txt          the end of the log, if it was named
";

#[derive(clap::Args)]
pub(super) struct Args {
    /// File that gets the archive; one that exists is not overwritten.
    #[arg(short, long, default_value = "segment-export-support.tar.gz")]
    output: PathBuf,
    /// Address of a process whose metrics are added, such as `http://127.0.0.1:8080`; may be repeated.
    #[arg(long = "metrics-of")]
    processes: Vec<Url>,
    /// Log of a process: its last 2000 lines are added.
    #[arg(long)]
    log: Option<PathBuf>,
    #[command(flatten)]
    config: Config,
}

/// Only reads, apart from the archive.
pub(super) async fn run(args: Args, long_version: &str) -> anyhow::Result<()> {
    let Args { output, processes, log, config } = args;
    let config = config.check()?;
    let database = open_existing_db(&config).await?;
    let (mut archive, now) = (Archive::create(&output, db::now())?, db::now());
    archive.add("README.txt", README)?;
    archive.add("settings.txt", &without_addresses(&format!("{config:#?}\n")))?;
    add_database(&mut archive, &database, long_version, now)
        .await
        .context("if it is a database of an earlier version: segment-export migrate")?;
    database.close().await;
    for (number, process) in processes.into_iter().enumerate() {
        let metrics = metrics(process).await?;
        archive.add(&format!("metrics/{number}.txt"), &without_addresses(&metrics))?;
    }
    if let Some(log) = log {
        archive.add("log.txt", &without_addresses(&tail::tail(&log)?))?;
    }
    archive.finish()?;
    println!("{}", output.display());
    Ok(())
}

async fn add_database(
    archive: &mut Archive,
    db: &Db,
    long_version: &str,
    now: Time,
) -> anyhow::Result<()> {
    let mut tx = db.read().await?;
    let migrations = store_schema::migrations(&mut tx).await?;
    archive
        .add_json("versions.json", &json!({"program": long_version, "migrations": migrations}))?;
    archive.add_json("overview.json", &gather::overview(db, now).await?)?;
    let page = (None, INSTANCES_MAX);
    let instances = store_instances::list(&mut tx, page, db::id_at(now - DAY), now).await?;
    let instances: Vec<_> = instances.into_iter().map(ObservedInstanceView::from).collect();
    archive.add_json("instances.json", &instances)?;
    let all = ObservedQuery::default();
    let runs = store_runs::list(&mut tx, &all, (None, RUNS_MAX), now).await?;
    let lines = runs.into_iter().map(|run| serde_json::to_string(&ObservedRunView::from(run)));
    let lines: Vec<_> = lines.collect::<Result<_, _>>()?;
    archive.add("runs.ndjson", &lines.join("\n"))
}

async fn metrics(mut process: Url) -> anyhow::Result<String> {
    process.set_path("/metrics");
    let http = reqwest::Client::builder().timeout(METRICS_MAX).build()?;
    let answer = http.get(process.clone()).send().await?.error_for_status();
    let answer = answer.with_context(|| format!("{process} has no metrics"))?;
    Ok(answer.text().await?)
}
