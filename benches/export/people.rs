//! One person, sought in many large exports: present in all of them, in none, by address and by `CustomerId`.
//!
//! One export is run. The others get copies of what is known of it, in files of their own: sending a hundred million
//! profiles would take an hour and measure nothing else.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::data::{self, Format};
use crate::engines::Engines;
use crate::figures::median;
use crate::service::Service;
use crate::sink::Sink;

const EXPORTS: usize = 100;
const PROFILES: u32 = 1_000_000;
/// Each search is made this often; the median counts.
const ROUNDS: usize = 11;

/// Measures on the engines of production, with the storage in a folder; `less` divides the profiles, and, when it is
/// not 1, leaves a tenth of the exports.
pub async fn measure(folder: &Path, sink: &Sink, production: &Engines, less: usize) -> Result<()> {
    let Engines::Production(servers) = production else { return Ok(()) };
    let rows = PROFILES / u32::try_from(less)?;
    let exports = if less == 1 { EXPORTS } else { EXPORTS / 10 };
    let file = data::write(folder, Format::Parquet, rows)?;
    let service = Service::start(folder, &sink.url, production, "api,worker").await?;
    let segment = service.add_segment(&file, Format::Parquet).await?;
    let first = service.add_export("First", &service.connection, &segment).await?;
    service.run(&first).await?;
    let mut database = PgConnection::connect(&servers.postgres.url()).await?;
    for number in 1..exports {
        let name = format!("Export {number}");
        let export = service.add_export(&name, &service.connection, &segment).await?;
        copy(folder, &mut database, &first, &export).await?;
    }
    println!("| sought | exports | profiles each | median, ms | first, ms | peak memory, MB |");
    println!("|---|--:|--:|--:|--:|--:|");
    let person = member(&service, &first).await?;
    for (what, body, is_known) in [
        ("by address, on every list", json!({"email": person["email"]}), true),
        ("by CustomerId, on every list", json!({"customerId": person["customerId"]}), true),
        ("by address, on none", json!({"email": "nobody@example.com"}), false),
        ("by CustomerId, on none", json!({"customerId": "nobody"}), false),
    ] {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            times.push(search(&service, &body, exports, is_known).await?);
        }
        let (first, peak) = (times[0], service.usage()?.peak_mb);
        println!("| {what} | {exports} | {rows} | {:.0} | {first:.0} | {peak:.0} |", median(times));
    }
    Ok(())
}

/// Somebody whom the export knows.
async fn member(service: &Service, export: &str) -> Result<Value> {
    let path = format!("/exports/{export}/members?limit=1");
    let found = service.call(Method::GET, &path, None).await?;
    Ok(found["items"][0].clone())
}

/// How long one search takes, in milliseconds.
async fn search(service: &Service, body: &Value, exports: usize, is_known: bool) -> Result<f64> {
    let started = Instant::now();
    let found = service.call(Method::POST, "/people/search", Some(body.clone())).await?;
    let took = started.elapsed().as_secs_f64() * 1000.0;
    let lists = found["exports"].as_array().context("no exports")?;
    let known = lists.iter().filter(|one| one["standing"]["code"] == "onList").count();
    ensure!(known == if is_known { exports } else { 0 }, "{known} of {exports} know the person");
    Ok(took)
}

/// Copies what is known at one export to another.
async fn copy(folder: &Path, database: &mut PgConnection, from: &str, to: &str) -> Result<()> {
    let instance: Uuid = sqlx::query_scalar("SELECT instance_id FROM exports WHERE id = $1")
        .bind(from.parse::<Uuid>()?)
        .fetch_one(&mut *database)
        .await?;
    let below = |export: &str| -> PathBuf { folder.join(format!("baselines/{instance}/{export}")) };
    std::fs::create_dir_all(below(to))?;
    for entry in std::fs::read_dir(below(from))? {
        let entry = entry?;
        std::fs::copy(entry.path(), below(to).join(entry.file_name()))?;
    }
    sqlx::query(
        "INSERT INTO baselines (export_id, list_id, instance_id, seed, fingerprint, version, layers, previous, members,
             run_id, updated_utc, list_emptied)
         SELECT $2, list_id, instance_id, seed, fingerprint, version,
             CAST(replace(CAST(layers AS TEXT), CAST($1 AS TEXT), CAST($2 AS TEXT)) AS JSONB), previous, members,
             run_id, updated_utc, list_emptied
         FROM baselines WHERE export_id = $1",
    )
    .bind(from.parse::<Uuid>()?)
    .bind(to.parse::<Uuid>()?)
    .execute(database)
    .await?;
    Ok(())
}
