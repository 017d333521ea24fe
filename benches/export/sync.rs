//! What it costs that the list follows the segments: runs in which nothing or little changed, people who leave, and
//! the list read back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::data::{self, Format};
use crate::engines::Engines;
use crate::export::{bare_loop, bare_read};
use crate::figures::median;
use crate::service::{Service, text};
use crate::sink::Sink;

const PROFILES: u32 = 1_000_000;
const MANY_PROFILES: u32 = 10_000_000;
const LEAVERS: u32 = 10_000;
/// One profile in so many has another record.
const CHANGED_EVERY: u32 = 100;
const LATENCY: Duration = Duration::from_millis(300);
const PAGE_ROWS: u32 = 1000;
/// The default of `uploads-in-flight`.
const IN_FLIGHT: u32 = 8;
/// Runs and bare readings take turns this often; the median counts.
const ROUNDS: usize = 5;
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Measures on both engines, and ten million on the embedded default.
pub async fn measure(folder: &Path, sink: &Sink, production: &Engines, less: usize) -> Result<()> {
    let less = u32::try_from(less)?;
    println!(
        "| engines | what | profiles | a call takes | seconds | limit, seconds | ratio | peak memory |"
    );
    println!("|---|---|--:|--:|--:|--:|--:|--:|");
    for engines in [&Engines::Embedded, production] {
        let files = Files::write(folder, PROFILES / less, LEAVERS / less)?;
        let mut bench = Bench::start(folder, sink, engines, files).await?;
        bench.changes().await?;
        bench.leavers().await?;
    }
    let files = Files::write(folder, MANY_PROFILES / less, 0)?;
    Bench::start(folder, sink, &Engines::Embedded, files).await?.changes().await
}

/// The same segment on different days; a run reads what is in `current`.
struct Files {
    rows: u32,
    leavers: u32,
    current: PathBuf,
    first: PathBuf,
    changed: PathBuf,
    fewer: PathBuf,
}

impl Files {
    fn write(folder: &Path, rows: u32, leavers: u32) -> Result<Self> {
        let write = |rows| data::write(folder, Format::Parquet, rows);
        let changed = data::write_with(folder, Format::Parquet, rows, CHANGED_EVERY)?;
        let current = folder.join("current.parquet");
        let files = Self {
            rows,
            leavers,
            current,
            first: write(rows)?,
            changed,
            fewer: write(rows - leavers)?,
        };
        files.show(&files.first)?;
        Ok(files)
    }

    /// Makes a file the current one.
    fn show(&self, file: &Path) -> Result<()> {
        let new = self.current.with_extension("new");
        std::fs::copy(file, &new)?;
        Ok(std::fs::rename(new, &self.current)?)
    }
}

struct Bench<'a> {
    sink: &'a Sink,
    engines: &'static str,
    files: Files,
    service: Service,
    segment: String,
}

impl<'a> Bench<'a> {
    async fn start(folder: &Path, sink: &'a Sink, engines: &Engines, files: Files) -> Result<Self> {
        let service = Service::start(folder, &sink.url, engines, "api,worker").await?;
        let segment = service.add_segment(&files.current, Format::Parquet).await?;
        sink.set_people(files.rows);
        Ok(Self { sink, engines: engines.words(), files, service, segment })
    }

    async fn export(&self, name: &str, sync: Value) -> Result<String> {
        let export = self.service.add_export(name, &self.service.connection, &self.segment).await?;
        self.service.set_sync(&export, sync).await?;
        Ok(export)
    }

    /// Runs the export to its end: the seconds, when it sent so many records.
    async fn run(&self, export: &str, records: u32) -> Result<f64> {
        self.sink.taken();
        let (took, run) = self.service.run(export).await?;
        let sent = self.sink.taken().records;
        ensure!(sent == u64::from(records), "{sent} were sent, not {records}: {run}");
        Ok(took.as_secs_f64())
    }

    /// The first run, also with calls that take time; one in which nothing changed, and one in which one profile in a
    /// hundred did.
    async fn changes(&mut self) -> Result<()> {
        let (rows, few) = (self.files.rows, self.files.rows / CHANGED_EVERY);
        let export = self.export("Changes", json!({"send": "changes"})).await?;
        self.sink.set_latency(Duration::ZERO);
        let bare = bare_loop(&self.files.current, Format::Parquet, &self.sink.url).await?;
        let took = self.run(&export, rows).await?;
        self.print("first run", Duration::ZERO, took, bare)?;
        if rows == PROFILES {
            self.sink.set_latency(LATENCY);
            let slow = self.export("Slow", json!({"send": "changes"})).await?;
            let took = self.run(&slow, rows).await?;
            self.print("first run", LATENCY, took, limit(rows.div_ceil(PAGE_ROWS)))?;
            let path = format!("/exports/{slow}");
            self.service.call(Method::DELETE, &path, None).await.map(drop)?;
            self.sink.set_latency(Duration::ZERO);
        }
        self.unchanged(&export, "nothing changed", json!({"send": "changes"})).await?;
        self.sink.set_latency(LATENCY);
        let (mut ours, files) = (Vec::new(), [&self.files.changed, &self.files.first]);
        for file in files.into_iter().cycle().take(ROUNDS + 1) {
            self.files.show(file)?;
            ours.push(self.run(&export, few).await?);
        }
        self.print("1 % changed", LATENCY, median(ours), limit(few.div_ceil(PAGE_ROWS)))?;
        self.service.call(Method::DELETE, &format!("/exports/{export}"), None).await.map(drop)
    }

    /// Runs in which nothing changed: those that read every row, since the brake is another one, and those after them.
    async fn unchanged(&self, export: &str, what: &str, sync: Value) -> Result<()> {
        let (mut bare, mut first, mut next) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let mut other = sync.clone();
            other["brake"] = json!({"removals": {"count": 1_000 + round, "percent": 50}});
            self.service.set_sync(export, other).await?;
            bare.push(bare_read(&self.files.current).await?);
            first.push(self.run(export, 0).await?);
            next.push(self.run(export, 0).await?);
        }
        let bare = median(bare);
        self.print(&format!("{what}, for the first time"), Duration::ZERO, median(first), bare)?;
        self.print(&format!("{what} since"), Duration::ZERO, median(next), bare)?;
        self.service.set_sync(export, sync).await
    }

    /// A run in which nothing changed although people might leave, one in which some do, and the list read back.
    async fn leavers(&mut self) -> Result<()> {
        let (rows, leavers) = (self.files.rows, self.files.leavers);
        let sync = json!({"send": "changes", "leavers": {"action": "delete"}, "brake": {"removals": null}});
        let export = self.export("Leavers", sync.clone()).await?;
        self.sink.set_latency(Duration::ZERO);
        self.sink.remember(true);
        self.run(&export, rows).await?;
        self.unchanged(&export, "nothing changed, leavers are deleted", sync).await?;
        self.sink.set_latency(LATENCY);
        let took = self.verify(&export).await?;
        self.print("the whole list read back", LATENCY, took, limit(rows.div_ceil(PAGE_ROWS)))?;
        self.sink.remember(false);
        self.files.show(&self.files.fewer)?;
        let took = self.run(&export, 0).await?;
        ensure!(self.sink.deleted() == u64::from(leavers), "others were deleted than left");
        self.print("some left and are deleted", LATENCY, took, limit(leavers))
    }

    /// The seconds from the call to the end of a full verification that confirms everybody.
    async fn verify(&self, export: &str) -> Result<f64> {
        let runs = self
            .service
            .call(Method::GET, &format!("/runs?exportId={export}&limit=1"), None)
            .await?;
        let path = format!("/runs/{}/verifications", text(&runs["items"][0], "runId")?);
        let asked = self.service.call(Method::POST, &path, Some(json!({"level": "full"}))).await?;
        let id = text(&asked, "verificationId")?;
        loop {
            sleep(LOOK_EVERY).await;
            let all = self.service.call(Method::GET, &path, None).await?;
            let items = all["items"].as_array().cloned().unwrap_or_default();
            let Some(ended) = items
                .into_iter()
                .find(|one| one["verificationId"] == id.as_str() && !one["endUtc"].is_null())
            else {
                continue;
            };
            ensure!(ended["confirmed"] == self.files.rows, "not everybody is confirmed: {ended}");
            let time = |name| Ok::<_, anyhow::Error>(text(&ended, name)?.parse::<DateTime<Utc>>()?);
            return Ok((time("endUtc")? - time("startUtc")?).to_std()?.as_secs_f64());
        }
    }

    fn print(&self, what: &str, latency: Duration, seconds: f64, limit: f64) -> Result<()> {
        let (engines, rows, ms) = (self.engines, self.files.rows, latency.as_millis());
        let (ratio, peak) = (seconds / limit, self.service.usage()?.peak_mb);
        println!(
            "| {engines} | {what} | {rows} | {ms} ms | {seconds:.2} | {limit:.2} | {ratio:.2} | {peak:.0} MB |"
        );
        Ok(())
    }
}

/// The seconds that so many calls take by themselves.
fn limit(calls: u32) -> f64 {
    (LATENCY * calls / IN_FLIGHT).as_secs_f64()
}
