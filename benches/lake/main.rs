//! How fast segments are read where they really are, and how much memory that takes: `make bench-lake`.
//!
//! A hundred thousand and a million profiles each from Azurite (a model of Customer Insights with four partitions,
//! plain and packed), from one packed CSV file and from PostgreSQL, exported to a sink on loopback that answers at
//! once. Every source has a process of the service of its own, on the embedded default. A run looks at its source, pins
//! it and reads it.

#![expect(clippy::unwrap_used, reason = "a helper of tests says by a panic that it failed")]

#[expect(dead_code, reason = "other programs use the rest")]
#[path = "../../tests/cluster/mod.rs"]
mod cluster;
#[path = "../export/list.rs"]
mod list;
#[expect(dead_code, reason = "tests need more of it")]
#[path = "../../tests/programs/mod.rs"]
mod programs;
#[expect(dead_code, reason = "tests use the rest")]
#[path = "../../tests/it/outside_lake/servers.rs"]
mod servers;
#[expect(dead_code, reason = "the other bench uses the rest")]
#[path = "../export/sink.rs"]
mod sink;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use cluster::caller::{Caller, text};
use cluster::processes::Process;
use cluster::services::Postgres;
use servers::Lake;
use sink::Sink;

/// Memory should be the same for both.
const SIZES: [u32; 2] = [100_000, 1_000_000];
const PARTS: u32 = 4;
/// The median counts.
const ROUNDS: usize = 3;
const LOOK_EVERY: Duration = Duration::from_millis(20);

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let sink = Sink::start().await?;
    let lake = Lake::azure().await;
    std::fs::create_dir_all(folder.path().join("segments"))?;
    let database = tempfile::tempdir()?;
    let postgres = Postgres::start(database.path()).await?;
    let settings = settings(folder.path(), &lake, &postgres, &sink.url);
    println!("| source | profiles | registered in | seconds | profiles/s | peak memory |");
    println!("|---|--:|--:|--:|--:|--:|");
    for profiles in SIZES {
        for (name, registered_as) in sources(folder.path(), &lake, &postgres, profiles).await? {
            let source = Source { name, registered_as, profiles };
            source.measure(&settings, folder.path(), &sink).await?;
        }
    }
    Ok(())
}

/// So many profiles in each kind of place, and how they are registered from there.
async fn sources(
    folder: &Path,
    lake: &Lake,
    postgres: &Postgres,
    profiles: u32,
) -> Result<[(&'static str, Value); 4]> {
    let (plain, packed) = (format!("plain{profiles}"), format!("packed{profiles}"));
    write_export(lake, &plain, profiles, false).await?;
    write_export(lake, &packed, profiles, true).await?;
    let file = folder.join(format!("segments/people{profiles}.csv.gz"));
    std::fs::write(&file, gzip(&part(0, profiles)?)?)?;
    let table = write_table(postgres, profiles).await?;
    let model =
        |name: &str| json!({"kind": "customerInsights", "url": lake.url(name), "entity": "People"});
    Ok([
        ("Azurite, 4 partitions of CSV", model(&plain)),
        ("Azurite, 4 partitions of gzip CSV", model(&packed)),
        (
            "a file of gzip CSV",
            json!({"kind": "files", "format": "csv", "url": format!("file://{}", file.display())}),
        ),
        ("PostgreSQL, a table", json!({"kind": "table", "dataSource": "crm", "table": table})),
    ])
}

fn settings(folder: &Path, lake: &Lake, postgres: &Postgres, sink: &str) -> Vec<String> {
    let settings = [
        ("--storage-url", format!("file://{}", folder.join("segments").display())),
        ("--storage-roots", format!("lake={}", lake.url(""))),
        ("--storage-options", lake.options("lake", lake.port())),
        ("--sql-sources", format!("crm={}", postgres.url())),
        ("--campaign-monitor-url", sink.to_owned()),
    ];
    let settings = settings.into_iter().flat_map(|(name, value)| [name.to_owned(), value]);
    ["serve".to_owned(), "--dev".to_owned()].into_iter().chain(settings).collect()
}

/// Where profiles are.
struct Source {
    name: &'static str,
    registered_as: Value,
    profiles: u32,
}

impl Source {
    /// Registers and exports it, in a process of its own.
    async fn measure(&self, settings: &[String], folder: &Path, sink: &Sink) -> Result<()> {
        let database =
            format!("sqlite://{}", folder.join(format!("{}.db", Uuid::now_v7())).display());
        let settings = [settings, &["--database-url".into(), database]].concat();
        let service = Process::start(self.name, &settings).await?;
        let caller = Caller::new(vec![service.port]).await?;
        let connection = caller.add_connection("Bench").await?;
        let started = Instant::now();
        let segment = json!({"displayName": "People", "source": self.registered_as});
        caller.call(Method::PUT, "/segments/People", Some(segment)).await?;
        let registered = started.elapsed().as_secs_f64();
        let export = caller.add_export("People", &connection, LIST_ID).await?;
        let mut seconds = Vec::new();
        for _ in 0..ROUNDS {
            sink.taken();
            seconds.push(run(&caller, &export).await?.as_secs_f64());
            ensure!(sink.taken().records == u64::from(self.profiles), "not every profile arrived");
        }
        seconds.sort_by(f64::total_cmp);
        let (seconds, peak) = (seconds[ROUNDS / 2], peak_mb(service.id()?)?);
        let (name, profiles, rate) = (self.name, self.profiles, f64::from(self.profiles) / seconds);
        println!(
            "| {name} | {profiles} | {registered:.2} | {seconds:.2} | {rate:.0} | {peak:.0} MB |"
        );
        Ok(())
    }
}

/// From the call that asks for a run to its last checkpoint.
async fn run(caller: &Caller, export: &str) -> Result<Duration> {
    let mut run = caller.call(Method::POST, &format!("/exports/{export}/runs"), None).await?;
    let path = format!("/runs/{}", text(&run, "runId")?);
    while run["endUtc"].is_null() {
        sleep(LOOK_EVERY).await;
        run = caller.call(Method::GET, &path, None).await?;
    }
    ensure!(run["status"] == "successful", "the run went wrong: {run}");
    let time = |name| Ok::<_, anyhow::Error>(text(&run, name)?.parse::<DateTime<Utc>>()?);
    Ok((time("endUtc")? - time("submittedUtc")?).to_std()?)
}

fn peak_mb(id: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|line| line.split_whitespace().next()).context("no VmHWM")?;
    Ok(peak.parse::<f64>()? / 1024.0)
}

async fn write_export(lake: &Lake, name: &str, profiles: u32, packed: bool) -> Result<()> {
    let end = if packed { "csv.gz" } else { "csv" };
    let mut partitions = Vec::new();
    for number in 0..PARTS {
        let csv = part(number * (profiles / PARTS), profiles / PARTS)?;
        let content = if packed { gzip(&csv)? } else { csv.into_bytes() };
        let location = format!("People/2026/03/01/0600/People_{number}.{end}");
        lake.put(&format!("{name}/{location}"), content).await;
        partitions.push(json!({"name": number.to_string(), "location": location,
            "fileFormatSettings": {"$type": "CsvFormatSettings", "columnHeaders": true}}));
    }
    let attribute = |name: &str| json!({"name": name, "dataType": "string"});
    let attributes = ["CustomerId", "Email", "City"].map(attribute);
    let model = json!({"name": name, "version": "1.0", "entities": [{"$type": "LocalEntity", "name": "People",
        "attributes": attributes, "partitions": partitions}]});
    lake.put(&format!("{name}/model.json"), model.to_string()).await;
    Ok(())
}

fn part(first: u32, rows: u32) -> Result<String> {
    let mut csv = String::from("CustomerId,Email,City\n");
    for row in first..first + rows {
        writeln!(
            csv,
            "{:032x},person{row}@mail{}.example.com,Rīga",
            u128::from(row) << 64,
            row % 97
        )?;
    }
    Ok(csv)
}

fn gzip(text: &str) -> Result<Vec<u8>> {
    let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    packed.write_all(text.as_bytes())?;
    Ok(packed.finish()?)
}

async fn write_table(postgres: &Postgres, profiles: u32) -> Result<String> {
    let mut connection = PgConnection::connect(&postgres.url()).await?;
    let table = format!("people{profiles}");
    let sql = format!(
        r#"CREATE TABLE {table} AS SELECT md5(n::text) AS "CustomerId",
        'person' || n || '@mail' || n % 97 || '.example.com' AS "Email",
        'Rīga' AS "City" FROM generate_series(1, {profiles}) n"#
    );
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await?;
    Ok(table)
}
